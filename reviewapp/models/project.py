"""A review: its settings, its counters and its pointers to what is current."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from reviewapp.models.people import User
from reviewapp.models.workspace import Workspace

MINIMUM_PER_CLASS = 5  # positives and negatives that a first model needs


class Project(models.Model):
    """One review over documents of a workspace."""

    class Kind(models.TextChoices):
        REVIEW = "review", "Review: one question, documents in order of rank"
        ANNOTATION = "annotation", "Annotation: spans, relations and choices by a labeling config"

    class Queue(models.TextChoices):
        PRIORITIZED = "prioritized", "Prioritized: most likely relevant first"
        COVERAGE = "coverage", "Coverage: least certain first"

    class TaskOrder(models.TextChoices):
        DOCUMENTS = "documents", "In order of the documents"
        RANDOM = "random", "Random"
        INSTRUCTIVE = "instructive", "Most to learn first"

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        COMPLETE = "complete", "Complete"
        ARCHIVED = "archived", "Archived"

    CLOSED = (State.COMPLETE, State.ARCHIVED)

    class CompletionChoice(models.TextChoices):
        MOST_RECENT = "most_recent", "Most recent completion"
        HIGHEST_PRIORITY = "highest_priority", "Highest priority reviewer"

    class TrainingFilter(models.TextChoices):
        DECIDED = "decided", "Where a checker is assigned, only what they accepted"
        ALL_SUBMITTED = "all_submitted", "All submitted completions"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="projects")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.REVIEW, db_default=Kind.REVIEW)
    name = models.CharField(max_length=200)
    instructions = models.TextField(blank=True)
    labeling_config = models.TextField()
    document_tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    queue = models.CharField(max_length=20, choices=Queue, default=Queue.PRIORITIZED)
    # Of an annotation project: which of the tasks that are anybody's is handed out next.
    task_order = models.CharField(
        max_length=20, choices=TaskOrder, default=TaskOrder.DOCUMENTS, db_default=TaskOrder.DOCUMENTS
    )
    state = models.CharField(max_length=20, choices=State, default=State.ACTIVE)
    every_n = models.PositiveIntegerField(default=10, validators=[MinValueValidator(1), MaxValueValidator(100_000)])
    # Of an annotation project: whether every N completions make a training due. A review always learns.
    active_learning = models.BooleanField(default=False, db_default=False)
    deploys = models.BooleanField(default=False, db_default=False)  # each model that active learning makes (J-49)
    control_share = models.FloatField(default=0.05, validators=[MinValueValidator(0), MaxValueValidator(1)])
    # Of the documents coded from now on, how many get a second, blind look by somebody else.
    second_look_share = models.FloatField(
        default=0.0, db_default=0.0, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    completion_choice = models.CharField(max_length=20, choices=CompletionChoice, default=CompletionChoice.MOST_RECENT)
    training_filter = models.CharField(max_length=20, choices=TrainingFilter, default=TrainingFilter.DECIDED)
    reviewer_priority = ArrayField(models.BigIntegerField(), default=list, blank=True)
    hold_out = models.BooleanField(default=False, db_default=False)  # of the training, for validation
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    second_looks_drawn = models.BooleanField(
        default=False, db_default=False
    )  # by hand: they are served among the others

    # Exact counters, changed only together with the completion that changes them (domain.coding).
    documents = models.PositiveIntegerField(default=0)
    positives = models.PositiveIntegerField(default=0)
    negatives = models.PositiveIntegerField(default=0)
    neutrals = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    control_positives = models.PositiveIntegerField(default=0, db_default=0)  # of them, those in the control set
    control_negatives = models.PositiveIntegerField(default=0, db_default=0)
    completions = models.PositiveBigIntegerField(default=0)  # that a training would count
    counted = models.PositiveBigIntegerField(default=0)  # completions up to the last due training
    trainings_due = models.PositiveIntegerField(default=0)

    index = models.ForeignKey("ClassificationIndex", null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.ForeignKey("models_lib.ModelVersion", null=True, on_delete=models.SET_NULL, related_name="+")
    # Its training rows count beside the local coding (D1); a link protects its model from being deleted (D7).
    linked_model = models.ForeignKey(
        "models_lib.TrainedModel", null=True, on_delete=models.PROTECT, related_name="linked_projects"
    )
    # The last rollback says which completions count; while one is under way nobody codes and nothing trains (D18).
    rollback = models.ForeignKey("models_lib.Rollback", null=True, on_delete=models.SET_NULL, related_name="+")
    rolling_back = models.ForeignKey("models_lib.Rollback", null=True, on_delete=models.SET_NULL, related_name="+")
    snapshot = models.ForeignKey("ScoreSnapshot", null=True, on_delete=models.SET_NULL, related_name="+")
    validation = models.ForeignKey("ValidationRound", null=True, on_delete=models.SET_NULL, related_name="+")
    sampling = models.BooleanField(default=False, db_default=False)  # documents of a sample wait to be coded
    control_set = models.ForeignKey("ControlSet", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="project_name_once_a_workspace"),
            models.CheckConstraint(condition=Q(counted__lte=F("completions")), name="counted_not_beyond_completions"),
            models.CheckConstraint(condition=Q(every_n__gte=1), name="every_n_at_least_one"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_review(self) -> bool:
        """Whether it asks one question and ranks documents; else it is an annotation project."""
        return self.kind == self.Kind.REVIEW

    @property
    def learns(self) -> bool:
        """Whether every N completions make a training due (J-45, J-46)."""
        return self.is_review or self.active_learning

    @property
    def is_closed(self) -> bool:
        """Whether the review has ended, so that nothing in it changes."""
        return self.state in self.CLOSED

    @property
    def coded(self) -> int:
        """Documents with a coding decision; neutral counts, skipped does not (D5)."""
        return self.positives + self.negatives + self.neutrals

    @property
    def is_locked(self) -> bool:
        """Whether the model stays as it is: in a validation round, in a rollback, and when the review has ended."""
        return self.validation_id is not None or self.rolling_back_id is not None or self.is_closed

    @property
    def training_positives(self) -> int:
        """Relevant documents that may train: those of the control set do not."""
        return self.positives - self.control_positives

    @property
    def training_negatives(self) -> int:
        """Irrelevant documents that may train."""
        return self.negatives - self.control_negatives

    @property
    def locally_trainable(self) -> bool:
        """Whether the local coding can build a model by itself: at least 5 positive and 5 negative (R-17, R-59)."""
        return min(self.training_positives, self.training_negatives) >= MINIMUM_PER_CLASS

    @property
    def trainable(self) -> bool:
        """Whether a model can be built: by the local coding, or with a linked model's (R-52)."""
        return self.linked_model_id is not None or self.locally_trainable
