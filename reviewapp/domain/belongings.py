"""What belongs to a workspace: one line a table. Archive, restore, deletion and purge all go by this list.

A new table of a workspace is one more :class:`Table` in :data:`TABLES`, behind those that it points to; one of no
workspace goes to :data:`ELSEWHERE` with the reason. A test says what is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Field, ForeignKey, Model, Q, QuerySet
from guardian.models import GroupObjectPermission, UserObjectPermission

from models_lib.models import (
    Category,
    DriftLook,
    DroppedFile,
    ModelVersion,
    Pin,
    Rollback,
    Stream,
    StreamConsumer,
    StreamException,
    Tag,
    TrainedModel,
    TrainedModelUserObjectPermission,
    TrainingInputs,
    ValidationRecord,
)
from reviewapp.models import (
    Annotation,
    ApiToken,
    Archive,
    Assignment,
    AuditEvent,
    AuditSeal,
    ClassificationIndex,
    ClosedProject,
    Clustering,
    Comment,
    Completion,
    ControlSet,
    Delivery,
    DeliveryAttempt,
    Document,
    Draft,
    GuessedSecret,
    Heartbeat,
    IdempotencyKey,
    Job,
    NearDuplicates,
    Prediction,
    Project,
    ProjectDocument,
    Report,
    RowProblem,
    Sample,
    SampledDocument,
    SavedView,
    ScoreSnapshot,
    SecondLook,
    StoppingLook,
    StoppingPlan,
    TaskOrdering,
    TaskOrigin,
    User,
    ValidationRound,
    Verdict,
    Webhook,
    Workspace,
    WorkspaceUserObjectPermission,
)

OF_PROJECT = "__workspace"
UNFINISHED = "CASE WHEN t.state IN ('new', 'populating', 'populated', 'building') THEN 'cancelled' ELSE t.state END"
ABOUT_ARCHIVES = ("workspace.archive", "archive.download", "archive.keep", "archive.delete", "workspace.restored")
FIRST_DIGEST = "CASE WHEN t.first_digest = '' THEN t.digest ELSE t.first_digest END"


@dataclass(frozen=True, eq=False)
class Table:
    """How the rows of a table belong to a workspace, and what an archive has to know of its columns.

    Foreign keys need no word: to a table of this list they are carried as the row's number in the archive, to a
    person as their user name, to a permission as its code name.
    """

    model: type[Model]
    within: str  # the way to the workspace, as in a filter; "pk" for the workspace itself
    learning: bool | Q = True  # whether a purge of the active learning removes the rows, or which of them
    stays: bool = False  # the rows outlive the workspace
    not_carried: str = ""  # why an archive leaves the table out
    project: str = ""  # the way to the project, where ``within`` does not lead through it
    left: tuple[str, ...] = ()  # columns that are not carried: they get their default
    files: Mapping[str, str] = field(default_factory=dict)  # columns that name a stored file: its kind
    ids: Mapping[str, type[Model]] = field(default_factory=dict)  # arrays, or "column.member" of JSON, with row numbers
    plain: tuple[str, ...] = ()  # arrays and JSON without any row numbers in them
    named: tuple[str, ...] = ()  # columns that name a row as "project:12"
    grants: bool = False  # rows give rights to people
    shaped: Mapping[str, str] = field(default_factory=dict)  # columns written as this SQL over the row ``t``
    passing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column: values that tell of archives alone

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @property
    def key(self) -> str:
        """The column of the primary key."""
        key = self.model._meta.pk
        assert key is not None
        return key.attname

    @property
    def counts_rows(self) -> bool:
        """Whether rows have numbers of their own, and not that of another row."""
        return not isinstance(self.model._meta.pk, ForeignKey)

    @property
    def way_to_project(self) -> str:
        """The way from a row to its project; empty for rows of no project."""
        through = self.within.endswith(f"project{OF_PROJECT}")
        return self.project or (self.within.removesuffix(OF_PROJECT) if through else "")

    def rows(self, workspace: Workspace) -> QuerySet[Any]:
        """The workspace's rows."""
        return self.model._base_manager.filter(**{self.within: workspace.pk})

    def rows_of(self, project: Project) -> QuerySet[Any]:
        """The project's rows."""
        return self.model._base_manager.filter(**{self.way_to_project: project.pk})

    @property
    def columns(self) -> "list[Field[Any, Any]]":
        """What an archive carries of a row, in order of the model's fields; a number of its own goes without saying."""
        return [
            column
            for column in self.model._meta.concrete_fields
            if column.name not in self.left and not (column.primary_key and not isinstance(column, ForeignKey))
        ]


TABLES = (
    Table(Workspace, "pk", learning=False, left=("name",)),
    Table(WorkspaceUserObjectPermission, "content_object", learning=False, grants=True),
    Table(Document, "workspace", learning=False, plain=("metadata",)),
    Table(Project, "workspace", project="pk", left=("rolling_back",), ids={"reviewer_priority": User}),
    Table(
        ClassificationIndex,
        "project__workspace",
        files={"artifact": "index"},
        plain=("parameters",),
        shaped={"state": UNFINISHED},
    ),
    Table(ProjectDocument, "project__workspace", left=("reviewer", "lease_token", "leased_at", "leased_until")),
    Table(Completion, "project__workspace"),
    Table(Annotation, "completion__project__workspace", plain=("result", "rest")),
    Table(TaskOrigin, "item__project__workspace", plain=("rest",)),
    Table(Assignment, "item__project__workspace"),
    Table(Draft, "item__project__workspace", not_carried="What one person has not submitted yet."),
    Table(Comment, "item__project__workspace"),
    Table(Verdict, "completion__project__workspace"),
    Table(SecondLook, "project__workspace"),
    Table(Sample, "project__workspace"),
    Table(SampledDocument, "sample__project__workspace"),
    Table(ValidationRound, "project__workspace", plain=("result",)),
    Table(ControlSet, "project__workspace"),
    Table(StoppingPlan, "project__workspace"),
    Table(StoppingLook, "project__workspace", plain=("figures",)),
    Table(
        ModelVersion,
        "project__workspace",
        left=("job", "digest"),  # of inputs that name completions by number: computed anew
        files=dict.fromkeys(ModelVersion.FILES, "version"),
        plain=("parameters", "metrics"),
        shaped={"first_digest": FIRST_DIGEST},
    ),
    Table(Prediction, "item__project__workspace", plain=("result", "rest")),
    Table(ClosedProject, "workspace", plain=("record",)),
    Table(TrainingInputs, "version__project__workspace", ids={"record.completions": Completion}),
    Table(Rollback, "project__workspace", left=("job",), ids={"firsts": Completion, "lasts": Completion}),
    Table(DriftLook, "project__workspace"),
    Table(Pin, "version__project__workspace", left=("job",)),
    Table(Tag, "project__workspace"),
    Table(Stream, "project__workspace", not_carried="Consumers of this server read it; elsewhere it is set up anew."),
    Table(StreamConsumer, "stream__project__workspace", not_carried="Part of a stream."),
    Table(StreamException, "stream__project__workspace", not_carried="Part of a stream."),
    Table(ValidationRecord, "version__project__workspace", plain=("record",)),
    Table(ScoreSnapshot, "project__workspace", files={"artifact": "snapshot"}),
    Table(TaskOrdering, "project__workspace", files={"artifact": "task_ordering"}, plain=("versions",)),
    Table(
        Clustering,
        "project__workspace",
        files={"artifact": "clustering"},
        plain=("groups", "parameters"),
    ),
    Table(
        NearDuplicates,
        "project__workspace",
        left=("job",),
        files={"artifact": "duplicates"},
        plain=("parameters",),
    ),
    Table(
        Report,
        "project__workspace",
        left=("job",),
        files={"artifact": "report"},
        plain=("record",),  # as its digest and its PDF have it
    ),
    Table(Category, "workspace"),
    Table(TrainedModel, "workspace", left=("job",), files={"file": "sealed"}, plain=("features", "privacy")),
    Table(TrainedModel.categories.through, "trainedmodel__workspace"),
    Table(TrainedModelUserObjectPermission, "content_object__workspace", grants=True),
    Table(
        AuditEvent,
        "workspace",
        learning=False,
        stays=True,
        plain=("detail",),
        named=("target",),
        passing={"verb": ABOUT_ARCHIVES},
    ),
    Table(
        Job,
        "workspace",
        learning=Q(project__isnull=False) | Q(kind__in=(Job.Kind.EXPORT, Job.Kind.SHARE)),
        project="project",
        not_carried="Work of this server; what came of it is in the rows, and what was due is asked for again.",
    ),
    Table(RowProblem, "job__workspace", learning=False, project="job__project", not_carried="Part of a job's report."),
    Table(
        Webhook,
        "workspace",
        learning=False,
        not_carried="A secret shared with another server, sealed for this one; where to tell is set up anew.",
    ),
    Table(ApiToken, "workspace", learning=False, not_carried="A person's own key to this server."),
    Table(Delivery, "webhook__workspace", learning=False, not_carried="What a webhook of this server told."),
    Table(DeliveryAttempt, "delivery__webhook__workspace", learning=False, not_carried="Part of a delivery."),
    Table(
        SavedView,
        "workspace",
        learning=Q(project__isnull=False),
        project="project",
        not_carried="How people of this server like to look at a list.",
    ),
    Table(Archive, "workspace", learning=False, stays=True, not_carried="A file of this server."),
)
ELSEWHERE: dict[type[Model], str] = {
    User: "People belong to the server; an archive names them.",
    Group: "Not used.",
    Permission: "Django's list of rights; an archive names them.",
    ContentType: "Django's list of tables.",
    Session: "A signed-in browser.",
    Authenticator: "A person's second factors.",
    SocialAccount: "Who a person is at the identity provider.",
    SocialApp: "Not used: the provider comes from the environment.",
    SocialToken: "Not used: the provider's tokens are not kept.",
    EmailAddress: "Not used: a person's address is on the person.",
    EmailConfirmation: "Not used.",
    GuessedSecret: "Wrong passwords of the last minutes, by keyed digest.",
    AuditSeal: "The chain over this server's whole trail; the events that an archive brings join the chain anew.",
    DroppedFile: "Files that no version of this server names any more.",
    IdempotencyKey: "A client's own, for a day.",
    Heartbeat: "Processes of this server.",
    UserObjectPermission: "Not used: rights are on tables with real foreign keys.",
    GroupObjectPermission: "Not used.",
    User.groups.through: "Not used.",
    User.user_permissions.through: "Rights on the server, not in a workspace.",
    Group.permissions.through: "Not used.",
}


@cache
def carried() -> dict[str, Table]:
    """The tables that an archive holds, by label."""
    return {table.label: table for table in TABLES if not table.not_carried}
