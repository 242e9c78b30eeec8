"""Review: the queue hands out a document, the reviewer answers, the next one comes with the answer.

These are the hot doors, so answers are drawn by hand; tests hold them to the shapes that are declared here.
"""

from collections.abc import Iterator
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import ProjectEndpoint, Shape, read
from reviewapp.api.projects import ChoicesShape, choices, next_training_in, waiting
from reviewapp.api.schema import operation
from reviewapp.api.walks import WalkShape, walk_of
from reviewapp.domain import coding, leases, queue
from reviewapp.models import Completion, Decision, Document, Project, ProjectDocument, Reason
from training import modes
from training.modes import NAMES

DECISIONS = {decision.value: decision.name.lower() for decision in Decision}
DECISION_NAMES = list(DECISIONS.values())
REASONS = {reason.value: str(reason.label) for reason in Reason}


class FullDocumentOut(serializers.ModelSerializer[Document]):
    metadata = serializers.DictField()

    class Meta:
        model = Document
        fields = ["id", "control_number", "title", "text", "metadata", "tags"]
        read_only_fields = fields


class AssignmentOut(serializers.Serializer[ProjectDocument]):
    document = FullDocumentOut()
    lease_token = serializers.UUIDField(help_text="Hand it back with the answer; it stands for this document.")
    leased_until = serializers.DateTimeField()
    revision = serializers.IntegerField(help_text="How many decisions this document has had.")
    reason = serializers.ChoiceField(choices=Reason.choices, help_text="Why it was served.")
    reason_text = serializers.CharField()
    version = serializers.IntegerField(allow_null=True, help_text="The model version that ranked it.")
    rank = serializers.FloatField(allow_null=True, help_text="0 to 100.")


class ProgressOut(serializers.Serializer[Project]):
    documents = serializers.IntegerField()
    coded = serializers.IntegerField()
    positives = serializers.IntegerField()
    negatives = serializers.IntegerField()
    neutrals = serializers.IntegerField()
    skipped = serializers.IntegerField()
    completions = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Completions that the current version has not counted.")
    next_training_in = serializers.IntegerField(help_text="Completions until a training is due by itself.")


class DeskOut(serializers.Serializer[ProjectDocument]):
    next = AssignmentOut(allow_null=True, help_text="Null when no document is left.")
    choices = ChoicesShape()
    progress = ProgressOut()


class WrittenOut(serializers.Serializer[Completion]):
    id = serializers.IntegerField()
    document = serializers.IntegerField()
    decision = serializers.ChoiceField(choices=DECISION_NAMES)
    choice = serializers.CharField()
    reason = serializers.CharField(help_text="Why it was skipped.")
    note = serializers.CharField()
    created_at = serializers.DateTimeField()


class SubmittedOut(DeskOut):
    completion = WrittenOut()


class AnswerIn(Shape):
    choice = serializers.CharField(max_length=100, default="", allow_blank=True, help_text="One of the choices.")
    skip_reason = serializers.CharField(max_length=500, default="", allow_blank=True, help_text="Instead of a choice.")
    note = serializers.CharField(max_length=20_000, default="", allow_blank=True)


class ModeIn(WalkShape):
    mode = serializers.ChoiceField(
        choices=NAMES, default="", allow_blank=True, help_text="Take the next document from this training mode."
    )


class SubmissionIn(AnswerIn, ModeIn):
    lease_token = serializers.UUIDField()
    take_next = serializers.BooleanField(default=True, help_text="False leaves no document in your hands.")


class Desk(ProjectEndpoint):
    """An address of the reviewer's desk: the project comes with what the queue reads."""

    may = {"POST": "review"}

    def enter(self, **address: Any) -> None:
        self.project = queue.desk(self.person, address["project"])


class Next(Desk):
    @operation("review.next", takes=ModeIn, gives=DeskOut)
    def post(self, request: Request) -> Response:
        """The document in your hands, or the best one that nobody has coded or holds; of a mode, if you name one."""
        looks = looks_of(self.project, read(ModeIn, request))
        return Response(desk(self.project, queue.next_document(self.project, self.person, looks)))


class Submissions(Desk):
    @operation("review.submit", takes=SubmissionIn, gives=SubmittedOut, status=201)
    def post(self, request: Request) -> Response:
        """Answer for the document that the lease token stands for, and get the next one unless you want none.

        Sending the same answer with the same token again changes nothing and gives the same completion.
        """
        asked = read(SubmissionIn, request)
        token, take_next, looks = asked.pop("lease_token"), asked.pop("take_next"), looks_of(self.project, asked)
        submitted = coding.submit(self.project, self.person, token, coding.Answer(**asked), looks, take_next=take_next)
        return Response({"completion": written(submitted.completion), **desk(self.project, submitted.upcoming)}, 201)


class Undo(Desk):
    @operation("review.undo", gives=DeskOut)
    def post(self, request: Request) -> Response:
        """Take back your last decision; that document is in your hands again."""
        return Response(desk(self.project, coding.undo(self.project, self.person)))


class Release(Desk):
    @operation("review.release", status=204)
    def post(self, request: Request) -> Response:
        """Give back the document in your hands, so that somebody else can get it."""
        leases.release(self.project, self.person)
        return Response(status=204)


class Open(Desk):
    def enter(self, **address: Any) -> None:
        super().enter(**address)
        self.item = coding.place(self.project, address["document"])

    @operation("review.open", takes=ModeIn, gives=DeskOut)
    def post(self, request: Request) -> Response:
        """Take this very document into your hands instead of what you hold; out of a mode's list, if you name it."""
        walk = walk_of(self.project, read(ModeIn, request))
        reason = walk.mode.reason if walk else Reason.CHOSEN
        rank = queue.ranks(self.project, [self.item.ordinal])[0] if walk else None
        opened = leases.open_document(self.project, self.item, self.person, reason, rank)
        return Response(desk(self.project, opened))


def looks_of(project: Project, asked: dict[str, Any]) -> Iterator[leases.Look] | None:
    """Where the next document comes from when the body names a mode; takes what it says of that out of it."""
    walk = walk_of(project, asked)
    return modes.looks(project, walk) if walk else None


def desk(project: Project, item: ProjectDocument | None) -> dict[str, Any]:
    """What the reviewer sees, as :class:`DeskOut` says."""
    return {"next": item and assignment(item), "choices": choices(project), "progress": progress(project)}


def assignment(item: ProjectDocument) -> dict[str, Any]:
    """A document in a reviewer's hands, as :class:`AssignmentOut` says."""
    document = item.document
    return {
        "document": {
            "id": document.pk,
            "control_number": document.control_number,
            "title": document.title,
            "text": document.text,
            "metadata": document.metadata,
            "tags": document.tags,
        },
        "lease_token": item.lease_token,
        "leased_until": item.leased_until,
        "revision": item.revision,
        "reason": item.served_reason,
        "reason_text": REASONS[item.served_reason],
        "version": item.served_version,
        "rank": item.served_rank,
    }


def progress(project: Project) -> dict[str, int]:
    """The project's counters, as :class:`ProgressOut` says."""
    return {
        "documents": project.documents,
        "coded": project.coded,
        "positives": project.positives,
        "negatives": project.negatives,
        "neutrals": project.neutrals,
        "skipped": project.skipped,
        "completions": project.completions,
        "waiting": waiting(project),
        "next_training_in": next_training_in(project),
    }


def written(completion: Completion) -> dict[str, Any]:
    """A completion that was just written, as :class:`WrittenOut` says."""
    return {
        "id": completion.pk,
        "document": completion.item.document_id,
        "decision": DECISIONS[completion.decision],
        "choice": completion.choice,
        "reason": completion.reason,
        "note": completion.note,
        "created_at": completion.created_at,
    }
