"""The tables, one noun a file."""

from reviewapp.models.annotation import Annotation, Assignment, Comment, Draft, Prediction, TaskOrigin
from reviewapp.models.archive import Archive
from reviewapp.models.document import Document, Words
from reviewapp.models.duplicates import NearDuplicates
from reviewapp.models.history import ClosedProject
from reviewapp.models.job import Heartbeat, Job, RowProblem
from reviewapp.models.people import ApiToken, GuessedSecret, User
from reviewapp.models.project import MINIMUM_PER_CLASS, Project
from reviewapp.models.ranking import ClassificationIndex, Clustering, ScoreSnapshot, TaskOrdering
from reviewapp.models.record import AuditEvent, AuditSeal, IdempotencyKey
from reviewapp.models.report import Report
from reviewapp.models.review import (
    BLIND,
    CODED,
    Completion,
    Decision,
    Look,
    ProjectDocument,
    Reason,
    SecondLook,
    Verdict,
)
from reviewapp.models.sampling import Sample, SampledDocument
from reviewapp.models.saved_view import SavedView
from reviewapp.models.stopping import ControlSet, StoppingLook, StoppingPlan
from reviewapp.models.validation import ValidationRound
from reviewapp.models.webhook import Delivery, DeliveryAttempt, Event, Webhook
from reviewapp.models.workspace import Workspace, WorkspaceUserObjectPermission

__all__ = [
    "BLIND",
    "CODED",
    "MINIMUM_PER_CLASS",
    "Annotation",
    "ApiToken",
    "Archive",
    "Assignment",
    "AuditEvent",
    "AuditSeal",
    "ClassificationIndex",
    "ClosedProject",
    "Clustering",
    "Comment",
    "Completion",
    "ControlSet",
    "Decision",
    "Delivery",
    "DeliveryAttempt",
    "Document",
    "Draft",
    "Event",
    "GuessedSecret",
    "Heartbeat",
    "IdempotencyKey",
    "Job",
    "Look",
    "NearDuplicates",
    "Prediction",
    "Project",
    "ProjectDocument",
    "Reason",
    "Report",
    "RowProblem",
    "Sample",
    "SampledDocument",
    "SavedView",
    "ScoreSnapshot",
    "SecondLook",
    "StoppingLook",
    "StoppingPlan",
    "TaskOrdering",
    "TaskOrigin",
    "User",
    "ValidationRound",
    "Verdict",
    "Webhook",
    "Words",
    "Workspace",
    "WorkspaceUserObjectPermission",
]
