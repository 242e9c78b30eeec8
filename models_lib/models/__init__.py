"""The tables of versions and of the trained-model library, one noun a file."""

from models_lib.models.drift import DriftLook
from models_lib.models.library import Category, TrainedModel, TrainedModelUserObjectPermission
from models_lib.models.pin import Pin, Tag, ValidationRecord
from models_lib.models.rollback import Rollback
from models_lib.models.stream import Stream, StreamConsumer, StreamException
from models_lib.models.version import DroppedFile, ModelVersion, TrainingInputs

__all__ = [
    "Category",
    "DriftLook",
    "DroppedFile",
    "ModelVersion",
    "Pin",
    "Rollback",
    "Stream",
    "StreamConsumer",
    "StreamException",
    "Tag",
    "TrainedModel",
    "TrainedModelUserObjectPermission",
    "TrainingInputs",
    "ValidationRecord",
]
