"""Annotated tasks in files: Label Studio and Annotation Lab JSON, CSV and TSV, CoNLL-2003; there and back.

:mod:`~reviewapp.formats.tasks` is what all of them hold. Reading never stops at one bad task: it becomes a
:class:`~reviewapp.formats.tasks.BadTask` with its place and the reason.
"""

from reviewapp.formats.conflicts import CONFLICTS, Conflict, Incoming, decided, settle
from reviewapp.formats.files import FORMATS, SUFFIXES, Format, read, write
from reviewapp.formats.filters import Filters
from reviewapp.formats.matching import match
from reviewapp.formats.tasks import (
    Answer,
    BadTask,
    Completion,
    Malformed,
    Other,
    Prediction,
    Region,
    Relation,
    Result,
    Review,
    Task,
)

__all__ = [
    "CONFLICTS",
    "FORMATS",
    "SUFFIXES",
    "Answer",
    "BadTask",
    "Completion",
    "Conflict",
    "Filters",
    "Format",
    "Incoming",
    "Malformed",
    "Other",
    "Prediction",
    "Region",
    "Relation",
    "Result",
    "Review",
    "Task",
    "decided",
    "match",
    "read",
    "settle",
    "write",
]
