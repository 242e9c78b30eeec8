"""The labeling config: Label Studio XML, read into frozen dataclasses, written back byte for byte.

:mod:`~reviewapp.labeling.review` is the one question of a review project, :mod:`~reviewapp.labeling.reading` the whole
config of an annotation project, :mod:`~reviewapp.labeling.answers` what annotators say to it.
"""

from reviewapp.labeling.config import Choice, Choices, Config, Header, Label, Labels, Relation, Relations, Text, View
from reviewapp.labeling.grammar import ROLES
from reviewapp.labeling.reading import Examined, examine, read, stored, with_model
from reviewapp.labeling.references import Model, ModelKind
from reviewapp.labeling.review import MOST_CHOICES, ReviewField, parse, review_field, to_xml
from reviewapp.labeling.source import MAX_BYTES, InvalidConfig, Problem

__all__ = [
    "MAX_BYTES",
    "MOST_CHOICES",
    "ROLES",
    "Choice",
    "Choices",
    "Config",
    "Examined",
    "Header",
    "InvalidConfig",
    "Label",
    "Labels",
    "Model",
    "ModelKind",
    "Problem",
    "Relation",
    "Relations",
    "ReviewField",
    "Text",
    "View",
    "examine",
    "parse",
    "read",
    "review_field",
    "stored",
    "to_xml",
    "with_model",
]
