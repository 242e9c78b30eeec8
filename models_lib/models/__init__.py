"""The tables of versions and of the trained-model library, one noun a file."""

from models_lib.models.library import Category, TrainedModel, TrainedModelUserObjectPermission
from models_lib.models.version import ModelVersion, TrainingInputs

__all__ = ["Category", "ModelVersion", "TrainedModel", "TrainedModelUserObjectPermission", "TrainingInputs"]
