"""Annotation projects: their tasks, who works on them, and what people say."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import Id, ProjectEndpoint, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import read_query, refuse_unknown
from reviewapp.api.items import HistoricVerdictOut, ListedDocumentOut
from reviewapp.api.pagination import page
from reviewapp.api.review import REASONS, FullDocumentOut
from reviewapp.api.schema import operation
from reviewapp.domain import annotating, assignments, coding, configs, people, tasks
from reviewapp.labeling import MAX_BYTES
from reviewapp.models import Assignment, Comment, Completion, Project, ProjectDocument, Reason, User

ANNOTATION = Project.Kind.ANNOTATION
RESULT = "Spans, choices and relations in the shape of Label Studio; offsets count code points, the end is exclusive."


class Results(serializers.ListField):
    """A list of results, each an object."""

    child = serializers.DictField()


class ConfigIn(Shape):
    labeling_config = serializers.CharField(max_length=MAX_BYTES, trim_whitespace=False, allow_blank=True)


class ConfigOut(serializers.Serializer[Project]):
    labeling_config = serializers.CharField()


class ConfigPreviewIn(ConfigIn):
    project = Id(required=False, allow_null=True, help_text="Also say what this project's completions would lose.")


class ConfigProblemOut(serializers.Serializer[Any]):
    line = serializers.IntegerField(source="place.line")
    column = serializers.IntegerField(source="place.column")
    message = serializers.CharField()
    warning = serializers.BooleanField(help_text="It does not keep the config from being used.")


class ConfigPreviewOut(serializers.Serializer[configs.Preview]):
    usable = serializers.BooleanField(source="is_usable")
    problems = ConfigProblemOut(source="examined.problems", many=True)
    lost = serializers.ListField(child=serializers.CharField(), help_text="What completions would lose.")


class TasksQuery(Shape):
    search = serializers.CharField(
        max_length=1000,
        default="",
        allow_blank=True,
        help_text='Words, a control number, `label:Part`, `choice:"Very formal"`.',
    )
    state = serializers.ChoiceField(choices=tasks.State.choices, default="")
    tag = serializers.CharField(max_length=100, default="")
    annotator = serializers.CharField(max_length=150, default="", help_text="User name.")
    checker = serializers.CharField(max_length=150, default="", help_text="User name.")
    own = serializers.BooleanField(default=False, help_text="Your tasks, each in the state of your own work.")


class WorkOut(serializers.Serializer[Assignment]):
    annotator = serializers.CharField(source="annotator.username")
    state = serializers.ChoiceField(choices=Assignment.State.choices)
    completion = serializers.IntegerField(source="completion_id", allow_null=True, help_text="The one that stands.")


class TaskOut(serializers.Serializer[ProjectDocument]):
    ordinal = serializers.IntegerField()
    state = serializers.ChoiceField(choices=tasks.State.choices)
    assignments = WorkOut(many=True)
    checker = serializers.CharField(source="checker.username", default=None, allow_null=True)
    document = ListedDocumentOut()


class AnnotationOut(serializers.Serializer[Completion]):
    id = serializers.IntegerField()
    annotator = serializers.CharField(source="reviewer.username")
    result = Results(source="annotation.result", default=None, allow_null=True, help_text=f"{RESULT} Null: skipped.")
    reason = serializers.CharField(help_text="Why it was skipped.")
    note = serializers.CharField()
    supersedes = serializers.IntegerField(source="supersedes_id", allow_null=True)
    stands = serializers.SerializerMethodField(help_text="Whether it is its author's answer now, and not sent back.")
    served_reason = serializers.ChoiceField(choices=Reason.choices)
    served_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    verdicts = HistoricVerdictOut(many=True)

    def get_stands(self, completion: Completion) -> bool:
        return hasattr(completion, "assignment")


class CommentOut(serializers.Serializer[Comment]):
    author = serializers.CharField(source="author.username")
    text = serializers.CharField()
    created_at = serializers.DateTimeField()


class SuggestionOut(serializers.Serializer[annotating.Suggestion]):
    model = serializers.CharField()
    confidence = serializers.FloatField(allow_null=True)
    result = Results(help_text=RESULT)


class FullTaskOut(TaskOut):
    document = FullDocumentOut()  # type: ignore[assignment] # here with its text
    completions = AnnotationOut(many=True, help_text="Newest first; who annotates sees only their own.")
    predictions = SuggestionOut(many=True)
    draft = Results(allow_null=True, help_text="What you marked and did not submit.")
    comments = CommentOut(many=True)


class HandedOut(serializers.Serializer[ProjectDocument]):
    document = FullDocumentOut()
    lease_token = serializers.UUIDField(help_text="Hand it back with the annotation; it stands for this document.")
    leased_until = serializers.DateTimeField()
    reason = serializers.ChoiceField(source="served_reason", choices=Reason.choices)
    reason_text = serializers.SerializerMethodField()

    def get_reason_text(self, item: ProjectDocument) -> str:
        return REASONS[item.served_reason]


class NextOut(serializers.Serializer[Any]):
    next = HandedOut(allow_null=True, help_text="Null when no document is left for you.")


class DraftIn(Shape):
    result = serializers.JSONField(help_text=RESULT)


class DraftOut(serializers.Serializer[Any]):
    saved_at = serializers.DateTimeField()


class AnnotationIn(Shape):
    lease_token = serializers.UUIDField()
    result = serializers.JSONField(required=False, allow_null=True, default=None, help_text=RESULT)
    skip_reason = serializers.CharField(max_length=500, default="", allow_blank=True, help_text="Instead of a result.")
    note = serializers.CharField(max_length=20_000, default="", allow_blank=True)


class AnnotatedOut(NextOut):
    completion = serializers.IntegerField()


class CommentIn(Shape):
    text = serializers.CharField(max_length=tasks.LONGEST_COMMENT)


class AssignIn(Shape):
    documents = serializers.ListField(child=Id(), min_length=1, max_length=10_000)
    annotators = serializers.ListField(child=serializers.CharField(max_length=150), min_length=1, max_length=100)


class DealIn(AssignIn):
    each = serializers.IntegerField(
        min_value=1, max_value=100, required=False, allow_null=True, help_text="People for each document, in turns."
    )


class AssignedOut(serializers.Serializer[Any]):
    changed = serializers.IntegerField(help_text="Assignments that were made or taken back.")


class AnnotationEndpoint(ProjectEndpoint):
    """An address of an annotation project."""

    kind = ANNOTATION


class LabelingConfig(AnnotationEndpoint):
    may = {"GET": "view", "PUT": "manage"}

    @operation("labeling-config.get", gives=ConfigOut)
    def get(self, request: Request) -> Response:
        """What annotators are asked, as it was written."""
        refuse_unknown(request, set())
        return Response(ConfigOut(self.project).data)

    @operation("labeling-config.put", takes=ConfigIn, gives=ConfigOut)
    def put(self, request: Request) -> Response:
        """Replace it whole; refused with every error, and when it would lose what completions say."""
        return Response(
            ConfigOut(configs.change(self.project, self.person, read(ConfigIn, request)["labeling_config"])).data
        )


class ConfigPreview(WorkspaceEndpoint):
    may = {"POST": "manage"}

    @operation("labeling-config.preview", takes=ConfigPreviewIn, gives=ConfigPreviewOut)
    def post(self, request: Request) -> Response:
        """Every problem of a labeling config with its line and column; nothing is saved."""
        asked = read(ConfigPreviewIn, request)
        project = self.workspace.projects.filter(pk=asked.get("project") or 0, kind=ANNOTATION).first()
        return Response(ConfigPreviewOut(configs.preview(asked["labeling_config"], project)).data)


class Tasks(AnnotationEndpoint):
    may = {"GET": "view"}

    @operation("tasks.list", gives=TaskOut, page=True, parameters=(TasksQuery,))
    def get(self, request: Request) -> Response:
        """The project's documents with their states and who works on them."""
        asked = read_query(TasksQuery, request)
        named = {role: _known(asked[role]) for role in ("annotator", "checker")}
        own = self.person if asked["own"] else None
        wanted = tasks.Wanted(asked["search"], asked["state"], asked["tag"], **named, own=own, viewer=self.person)
        rows = tasks.find(self.project, wanted)
        return page(request, rows, _render, by="ordinal", key=lambda row: row.ordinal)


class TaskEndpoint(AnnotationEndpoint):
    """An address of one document of an annotation project."""

    item: ProjectDocument

    def fit(self) -> None:
        super().fit()
        self.item = coding.place(self.project, self.kwargs["document"])


class Task(TaskEndpoint):
    may = {"GET": "view"}

    @operation("tasks.get", gives=FullTaskOut)
    def get(self, request: Request) -> Response:
        """One task with its text, its completions, predictions and comments."""
        refuse_unknown(request, set())
        row = tasks.find(self.project, tasks.Wanted()).get(pk=self.item.pk)
        begun = annotating.begin(self.project, self.item, self.person)
        more = {
            "document": FullDocumentOut(self.item.document).data,
            "completions": _drawn(AnnotationOut, tasks.seen_by(self.item, self.person)),
            "predictions": _drawn(SuggestionOut, begun.suggestions),
            "draft": begun.result if begun.is_draft else None,
            "comments": _drawn(CommentOut, self.item.comments.select_related("author")),
        }
        return Response(TaskOut(row).data | more)


class OpenTask(TaskEndpoint):
    may = {"POST": "review"}

    @operation("tasks.open", gives=NextOut)
    def post(self, request: Request) -> Response:
        """Take this very document into your hands, to annotate it or to change what you submitted."""
        return Response(_next(annotating.open_document(self.project, self.item, self.person)))


class TaskDraft(TaskEndpoint):
    may = {"PUT": "review"}
    replayed = False

    @operation("tasks.put-draft", takes=DraftIn, gives=DraftOut)
    def put(self, request: Request) -> Response:
        """Keep what you marked so far; it is yours alone, and goes when you submit."""
        draft = annotating.save_draft(self.project, self.item, self.person, read(DraftIn, request)["result"])
        return Response({"saved_at": draft.saved_at})


class TaskComments(TaskEndpoint):
    may = {"POST": "review"}

    @operation("tasks.comment", takes=CommentIn, gives=CommentOut, status=201)
    def post(self, request: Request) -> Response:
        """Say something about a task to everybody who works on it."""
        return Response(CommentOut(tasks.comment(self.item, self.person, **read(CommentIn, request))).data, 201)


class NextTask(AnnotationEndpoint):
    may = {"POST": "review"}

    @operation("tasks.next", gives=NextOut)
    def post(self, request: Request) -> Response:
        """The document in your hands, else what was sent back to you, what you are asked for, or what is anybody's."""
        return Response(_next(annotating.next_document(self.project, self.person)))


class Annotations(AnnotationEndpoint):
    may = {"POST": "review"}

    @operation("annotations.submit", takes=AnnotationIn, gives=AnnotatedOut, status=201)
    def post(self, request: Request) -> Response:
        """Submit the annotation of the document that the lease token stands for, or skip it, and get the next one.

        Refused whole, with every fault, when it does not fit the labeling config or the text. Sending the same token
        again changes nothing and gives the same completion.
        """
        asked = read(AnnotationIn, request)
        token, result = asked.pop("lease_token"), asked.pop("result")
        submitted = annotating.submit(self.project, self.person, token, result, **asked)
        return Response({"completion": submitted.completion.pk, **_next(submitted.upcoming)}, 201)


class Assignments(AnnotationEndpoint):
    may = {"POST": "manage"}

    @operation("assignments.create", takes=DealIn, gives=AssignedOut)
    def post(self, request: Request) -> Response:
        """Ask people to annotate documents: all of them, or `each` so many in turns."""
        asked = read(DealIn, request)
        chosen = [people.find(name) for name in asked["annotators"]]
        made = assignments.assign(self.project, asked["documents"], chosen, self.person, each=asked.get("each"))
        return Response({"changed": made})


class AssignmentWithdrawal(AnnotationEndpoint):
    may = {"POST": "manage"}

    @operation("assignments.withdraw", takes=AssignIn, gives=AssignedOut)
    def post(self, request: Request) -> Response:
        """Ask people no more to annotate documents; what they submitted stays."""
        asked = read(AssignIn, request)
        chosen = [people.find(name) for name in asked["annotators"]]
        return Response({"changed": assignments.withdraw(self.project, asked["documents"], chosen, self.person)})


def _next(item: ProjectDocument | None) -> dict[str, Any]:
    return {"next": item and HandedOut(item).data}


def _known(username: str) -> int | None:
    """The person by primary key; one that there is not works on nothing."""
    if not username:
        return None
    return User.objects.filter(username=username).values_list("pk", flat=True).first() or 0


def _render(rows: Iterable[ProjectDocument]) -> Any:
    return _drawn(TaskOut, rows)


def _drawn(shape: type[serializers.Serializer[Any]], rows: Any) -> Any:
    return shape(rows, many=True).data
