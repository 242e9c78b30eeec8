"""A document in a project, and the answers that people gave."""

from django.db import models
from django.db.models import Q

from reviewapp.models.document import Document
from reviewapp.models.people import User
from reviewapp.models.project import Project


class Decision(models.IntegerChoices):
    """What a completion says in the review field."""

    NEGATIVE = 0
    POSITIVE = 1
    NEUTRAL = 2
    SKIPPED = 3
    WITHDRAWN = 4


CODED = (Decision.NEGATIVE, Decision.POSITIVE, Decision.NEUTRAL)


class Reason(models.TextChoices):
    """Why a document was served (B-07)."""

    HIGH_RANK = "high_rank", "High rank"
    COVERAGE = "coverage", "The model is least sure here"
    INDEX_HEALTH = "index_health", "Index health: random until a model can be built"
    RANDOM_CONTROL = "random_control", "Random control"
    REMAINING = "remaining", "Not ranked yet"
    SKIPPED_BEFORE = "skipped_before", "Skipped before"
    CHOSEN = "chosen", "Opened by the reviewer"
    EXCEPTION = "exception", "Sent back by a consumer of a stream"
    SHUFFLE = "shuffle", "Shuffle: drawn at random"
    BY_LABEL = "by_label", "By label: the model gives it this label"
    TEACH = "teach", "Teach: the model is torn here"
    LOW_CONFIDENCE = "low_confidence", "Low confidence: the model knows little about it"
    CHECK = "check", "Check label: it may carry its label wrongly"
    MISSED = "missed", "Missed label: it may lack the label"
    SEARCH = "search", "Search"
    REBALANCE = "rebalance", "Rebalance: unlike what was reviewed"
    CLUSTER = "cluster", "Cluster: typical of a group"
    SECOND_LOOK = "second_look", "Second look: somebody else coded it before, and their answer is hidden"
    ASSIGNED = "assigned", "Assigned to you"
    TO_CORRECT = "to_correct", "Sent back to be corrected"
    ADJUDICATION = "adjudication", "Two people answered differently"
    VALIDATION = "validation", "Validation sample: drawn at random"
    CONTROL_SET = "control_set", "Control set: drawn at random"
    IMPORTED = "imported", "Came with an imported file"
    INSTRUCTIVE = "instructive", "Most to learn: the models are least sure here"
    RANDOM_ORDER = "random_order", "Random order"


# Served to people who must not know the rank.
BLIND = (Reason.VALIDATION, Reason.CONTROL_SET)


class Look(models.IntegerChoices):
    """Where a document stands that is to be coded by two people."""

    WANTED = 0
    DONE = 1


class ProjectDocument(models.Model):
    """A document's place in a project: its row in the index, whose hands it is in, what it was last coded.

    The lease stands on this very row, so that one lock decides who gets the document.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="items")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="places")
    ordinal = models.PositiveIntegerField()
    current = models.ForeignKey("Completion", null=True, on_delete=models.SET_NULL, related_name="+")
    decision = models.SmallIntegerField(null=True, choices=Decision)
    revision = models.PositiveIntegerField(default=0)
    removed = models.BooleanField(default=False)
    # Hidden from the model: it never trains, and shows how far the review has come.
    in_control_set = models.BooleanField(default=False, db_default=False)
    # The sample that this document is still to be coded for; only that hands it out.
    awaits = models.ForeignKey("Sample", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    # Who accepts or rejects the completions of this document (the seed's "reviewer" of annotation projects).
    checker = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    second_look = models.SmallIntegerField(null=True, choices=Look)

    reviewer = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    lease_token = models.UUIDField(null=True)
    leased_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    served_reason = models.CharField(max_length=20, choices=Reason, blank=True)
    served_version = models.PositiveIntegerField(null=True)
    served_rank = models.FloatField(null=True)
    returned_at = models.DateTimeField(null=True)  # set: it is to be reviewed before anything else

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["project", "document"], name="document_once_a_project"),
            models.UniqueConstraint(fields=["project", "ordinal"], name="ordinal_once_a_project"),
            models.UniqueConstraint(
                fields=["project", "reviewer"], condition=Q(reviewer__isnull=False), name="one_lease_a_reviewer"
            ),
        ]
        indexes = [
            models.Index(fields=["leased_until"], condition=Q(leased_until__isnull=False), name="live_leases"),
            models.Index(
                fields=["project", "ordinal"],
                condition=Q(decision__isnull=True, removed=False),
                name="open_documents",
            ),
            models.Index(fields=["project", "decision", "ordinal"], name="documents_by_decision"),
            models.Index(fields=["project", "ordinal"], condition=Q(second_look=0), name="second_looks_wanted"),
            models.Index(
                fields=["project", "returned_at"], condition=Q(returned_at__isnull=False), name="returned_documents"
            ),
            models.Index(fields=["project", "ordinal"], condition=Q(awaits__isnull=False), name="awaited_documents"),
        ]


class Completion(models.Model):
    """One submitted answer; a change of mind is a new one that supersedes it."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="answers")
    item = models.ForeignKey(ProjectDocument, on_delete=models.CASCADE, related_name="completions")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="completions")
    decision = models.SmallIntegerField(choices=Decision)
    choice = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500, blank=True)  # why it was skipped or withdrawn
    note = models.TextField(blank=True)
    supersedes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    served_reason = models.CharField(max_length=20, choices=Reason)
    served_version = models.PositiveIntegerField(null=True)
    served_rank = models.FloatField(null=True)
    lease_token = models.UUIDField(null=True)
    served_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["project", "lease_token"], name="lease_once_a_project")]
        indexes = [
            models.Index(fields=["project", "id"], name="completions_in_order"),
            models.Index(fields=["project", "reviewer", "id"], name="completions_of_a_reviewer"),
        ]


class SecondLook(models.Model):
    """What two people said about one document without knowing of each other, and what became of it.

    ``first`` stood when ``second`` was given blind; ``adjudication`` is a manager's decision where they differ.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="second_looks")
    item = models.OneToOneField(ProjectDocument, on_delete=models.CASCADE, related_name="look")
    first = models.ForeignKey(Completion, on_delete=models.CASCADE, related_name="+")
    second = models.OneToOneField(Completion, on_delete=models.CASCADE, related_name="look")
    adjudication = models.OneToOneField(Completion, null=True, on_delete=models.SET_NULL, related_name="adjudicated")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["project", "id"], name="second_looks_in_order")]


class Verdict(models.Model):
    """A checker accepts or rejects a completion; a later verdict on the same completion replaces an earlier one."""

    completion = models.ForeignKey(Completion, on_delete=models.CASCADE, related_name="verdicts")
    checker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    accepted = models.BooleanField()
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
