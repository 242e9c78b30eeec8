"""Streams: consumers read a project's documents with a version's predictions, batch by batch, at least once (D17).

A document's place in the sequence is its ordinal in the project, which comes with its arrival and never changes.
Reading moves nothing: a consumer advances when its own work is safe, so what it had not finished comes again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from models_lib import pins, prediction, selection, tags, thresholds
from models_lib.models import ModelVersion, Stream, StreamConsumer, StreamException, Tag
from reviewapp import access
from reviewapp.domain import audit, locks, returns
from reviewapp.errors import Conflict, Invalid, NotFound
from reviewapp.models import Document, Project, ProjectDocument, User

NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,98}[a-z0-9])?")
MOST = 100  # streams of a project
MOST_CONSUMERS = 100  # of a stream
MOST_RESULTS = 500  # of a batch
LOOKED_AT = 2_000  # documents that one batch looks at, most of which may be filtered out
CHARACTERS = 8_000_000  # of text that one batch reads
MOST_EXCEPTIONS = 1_000  # in one call
DESCRIBED = ("title", "description", "filter")


@dataclass(frozen=True)
class Result:
    """A document of the stream with the labels that it is given."""

    sequence_id: int
    document: Document
    labels: tuple[thresholds.Predicted, ...]


@dataclass(frozen=True)
class Batch:
    """What a consumer gets: advance to ``sequence_id`` when it is done with."""

    results: tuple[Result, ...]
    filtered: int
    sequence_id: int
    is_end_sequence: bool
    version: int
    thresholds_for: int


def create(
    project: Project,
    by: User,
    *,
    name: str,
    version: str | int,
    thresholds: Any,
    title: str = "",
    description: str = "",
    filter: Any = None,  # noqa: A002 - the field's standard name
    kind: str = ModelVersion.Kind.RELEVANCE,
) -> Stream:
    """Set up a stream of a pinned version's number, or of ``live`` or ``staging``.

    Raises :class:`Invalid` with field errors, :class:`Conflict` for a version that is not pinned, ``Refused`` without
    the rights to administer streams and to see labels.
    """
    access.require(by, project.workspace, "view_labels", "administer_streams")
    if not NAME.fullmatch(name):
        message = "A name has 1 to 100 small letters, digits, - and _, and begins and ends with a letter or digit."
        raise Invalid(message, fields={"name": [message]})
    stream = Stream(project=project, kind=kind, name=name, created_by=by)
    _describe(stream, {"title": title, "description": description, "filter": filter or {}})
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if project.streams.count() >= MOST:
            raise Conflict(f"A project has {MOST} streams at most.")
        _bind(stream, version, thresholds)
        with _unique_name():
            stream.save()
        audit.record(by, "stream.create", stream, project.workspace, name=name, version=str(version))
    return stream


def change(stream: Stream, by: User, values: Mapping[str, Any]) -> Stream:
    """Change the title, description or filter, the thresholds, or the version together with the thresholds.

    Raises :class:`Invalid` when another version is named without new thresholds: they were chosen for the old one.
    """
    access.require(by, stream.project.workspace, "view_labels", "modify_streams")
    if unknown := sorted(set(values) - {*DESCRIBED, "version", "thresholds"}):
        raise Invalid(f"Cannot be changed: {', '.join(unknown)}.", fields={name: ["Fixed."] for name in unknown})
    with transaction.atomic():
        rows = Stream.objects.select_for_update(of=("self",)).select_related("project__workspace", "pin__version")
        row = rows.get(pk=stream.pk)
        _describe(row, {name: values[name] for name in DESCRIBED if name in values})
        version = values.get("version", bound_to(row))
        if _moves(row, version) and "thresholds" not in values:
            message = "The thresholds were chosen for another version. Choose them anew for this one."
            raise Invalid(message, fields={"thresholds": [message]})
        if "thresholds" in values:
            _bind(row, version, values["thresholds"])
        row.save()
        audit.record(by, "stream.change", row, row.project.workspace, name=row.name, changed=sorted(values))
    return row


def delete(stream: Stream, by: User) -> None:
    """Remove the stream with its consumers and exceptions; documents that wait for review go on waiting."""
    access.require(by, stream.project.workspace, "view_labels", "administer_streams")
    with transaction.atomic():
        audit.record(by, "stream.delete", stream, stream.project.workspace, name=stream.name)
        stream.delete()


def of(project: Project) -> QuerySet[Stream]:
    """The project's streams with their versions, how many ``read`` each, and how many documents are ``tagged``."""
    rows = project.streams.select_related("project__workspace", "pin__version", "created_by").order_by("name")
    open_ = Q(exceptions__untagged_at=None, exceptions__item__removed=False)
    return rows.annotate(
        read=Count("consumers", distinct=True), tagged=Count("exceptions", filter=open_, distinct=True)
    )


def choices(project: Project, kind: str = ModelVersion.Kind.RELEVANCE) -> dict[str, ModelVersion]:
    """What a stream can be bound to: the tags that are set, then the numbers of the pinned versions, newest first."""
    found = {tag.name: tag.pin.version for tag in tags.of(project, kind)}
    return found | {str(version.number): version for version in pins.of(project, kind)}


def count(project: Project) -> int:
    """The documents of the project, as far as their places go."""
    return _end(project)


def bound_to(stream: Stream) -> str:
    """The tag or the number that the stream is bound to."""
    return stream.tag or str(stream.pin.version.number if stream.pin else "")


def version_of(stream: Stream) -> ModelVersion:
    """The version that the stream reads now; raises :class:`NotFound` while its tag is not set."""
    return tags.resolve(stream.project, stream.kind, bound_to(stream))


def read(stream: Stream, consumer: str, by: User, size: int = 100) -> Batch:
    """The consumer's next documents in order; the same again until it advances.

    A batch looks at :data:`LOOKED_AT` documents at most, so one without results need not be the end.
    """
    access.require(by, stream.project.workspace, "view_labels", "consume_streams")
    if not 1 <= size <= MOST_RESULTS:
        raise Invalid(f"A batch has 1 to {MOST_RESULTS} results.", fields={"size": [f"1 to {MOST_RESULTS}."]})
    return _batch(stream, _position(stream, consumer), _end(stream.project), size)


def read_again(consumer: StreamConsumer, by: User, start: int, size: int = 100) -> Batch | None:
    """What the consumer read last, from a place on, with what the stream's version says of it now; it moves nothing.

    None where it has read nothing since it was reset. The batch is the end of the sequence where the last one ended.
    """
    access.require(by, consumer.stream.project.workspace, "view_labels", "consume_streams")
    if consumer.advanced_from is None:
        return None
    inside = consumer.advanced_from <= start < consumer.sequence
    return _batch(consumer.stream, start if inside else consumer.advanced_from, consumer.sequence, size)


def _batch(stream: Stream, start: int, stop: int, size: int) -> Batch:
    """As many documents as a batch may have from one place on, and none from the other one on."""
    version = version_of(stream)
    rows = stream.project.items.filter(removed=False, ordinal__gte=start, ordinal__lt=stop)
    rows = rows.select_related("document").order_by("ordinal")
    ahead = list(rows.defer("document__text")[: LOOKED_AT + 1])
    belonging = [item for item in ahead[:LOOKED_AT] if selection.fits(item.document, stream.filter)]
    picked = _readable(belonging[: size + 1])[:size]
    # Up to the next document that belongs, which the next batch begins with, or as far as this one looked.
    end = belonging[len(picked)].ordinal if len(picked) < len(belonging) else _after(ahead[:LOOKED_AT], start)
    looked = sum(item.ordinal < end for item in ahead)
    return Batch(
        results=tuple(_results(stream, version, picked)),
        filtered=looked - len(picked),
        sequence_id=end,
        is_end_sequence=looked == len(ahead),
        version=version.number,
        thresholds_for=stream.thresholds_for,
    )


def advance(stream: Stream, consumer: str, by: User, sequence_id: int) -> StreamConsumer:
    """Say that everything before ``sequence_id`` is done with; saying it again changes nothing.

    Raises :class:`Conflict` for a place behind the consumer's, :class:`Invalid` for one beyond the last document.
    """
    access.require(by, stream.project.workspace, "view_labels", "consume_streams")
    with transaction.atomic():
        row = _consumer(stream, consumer)
        if sequence_id > _end(stream.project):
            message = f"There is no document before {sequence_id}. Give the sequence_id of the batch."
            raise Invalid(message, fields={"sequence_id": [message]})
        if sequence_id < row.sequence:
            raise Conflict(f"{consumer} is at {row.sequence} already. Reset the stream to read documents again.")
        if sequence_id != row.sequence:
            row.advanced_from, row.sequence = row.sequence, sequence_id
            row.save(update_fields=["advanced_from", "sequence", "moved_at"])
    return row


def reset(stream: Stream, consumer: str, by: User, moment: datetime) -> StreamConsumer:
    """Let the consumer read on from the first document that came into the workspace at that time or later."""
    access.require(by, stream.project.workspace, "view_labels", "consume_streams")
    with transaction.atomic():
        row = _consumer(stream, consumer)
        later = stream.project.items.filter(document__created_at__gte=moment)
        first = later.aggregate(first=Min("ordinal"))["first"]
        was, row.sequence = row.sequence, _end(stream.project) if first is None else first
        row.advanced_from = None
        row.save(update_fields=["advanced_from", "sequence", "moved_at"])
        facts = {"name": stream.name, "consumer": consumer, "was": was, "to": row.sequence}
        audit.record(by, "stream.reset", stream, stream.project.workspace, **facts)
    return row


def tag_exceptions(stream: Stream, by: User, documents: Sequence[int], note: str = "") -> int:
    """Send documents (primary keys) that a consumer could not deal with back to review; returns how many are new.

    They are handed out before anything else, with a reason of their own. Raises :class:`NotFound` when one of them is
    not in the project, :class:`Conflict` when its review has ended; then none is tagged.
    """
    access.require(by, stream.project.workspace, "view_labels", "consume_streams")
    with transaction.atomic():
        items = _items(stream, documents)
        known = set(stream.exceptions.filter(item__in=items, untagged_at=None).values_list("item", flat=True))
        fresh = [item for item in items if item.pk not in known]
        StreamException.objects.bulk_create(
            StreamException(stream=stream, item=item, note=note[:500], tagged_by=by) for item in fresh
        )
        returns.put(stream.project, [item.document_id for item in fresh])
        locks.hold_open(stream.project)  # after the documents, as coding locks too
        if fresh:
            audit.record(by, "stream.tag_exceptions", stream, stream.project.workspace, documents=len(fresh))
    return len(fresh)


def untag_exceptions(stream: Stream, by: User, documents: Sequence[int]) -> int:
    """Take the tag off documents (primary keys): they wait for review no longer; returns how many had it.

    Raises :class:`Conflict` when the review has ended.
    """
    access.require(by, stream.project.workspace, "view_labels", "consume_streams")
    with transaction.atomic():
        items = _items(stream, documents)
        changed = stream.exceptions.filter(item__in=items, untagged_at=None).update(untagged_at=timezone.now())
        elsewhere = StreamException.objects.filter(item__in=items, untagged_at=None).values("item")
        free = ProjectDocument.objects.filter(pk__in=[item.pk for item in items]).exclude(pk__in=elsewhere)
        returns.take_back(stream.project, list(free.values_list("document_id", flat=True)))
        locks.hold_open(stream.project)
        if changed:
            audit.record(by, "stream.untag_exceptions", stream, stream.project.workspace, documents=changed)
    return changed


def settle(project: Project) -> None:
    """Let the tagged documents wait for review whose answers are older than their tags, and no others.

    A rollback changes which answer stands; call it in its transaction, before the project is locked.
    """
    tagged = StreamException.objects.filter(stream__project=project, untagged_at=None)
    answered = tagged.filter(item__current__created_at__gt=F("tagged_at"))
    waiting = set(tagged.exclude(pk__in=answered).values_list("item__document", flat=True))
    returns.put(project, list(waiting))
    returns.take_back(
        project, list(answered.exclude(item__document__in=waiting).values_list("item__document", flat=True))
    )


def exceptions(stream: Stream) -> QuerySet[StreamException]:
    """The documents that are tagged now, the latest first."""
    rows = stream.exceptions.filter(untagged_at=None, item__removed=False)
    related = ("item__document", "item__current__reviewer", "tagged_by")
    return rows.select_related(*related).defer("item__document__text").order_by("-id")


def _readable(items: Sequence[ProjectDocument]) -> list[ProjectDocument]:
    """As many from the start, and one at least, as have :data:`CHARACTERS` of text together."""
    lengths = dict(
        Document.objects.filter(pk__in=[item.document_id for item in items]).values_list("pk", Length("text"))
    )
    total = list(accumulate(lengths[item.document_id] for item in items))
    return [item for place, item in enumerate(items) if place == 0 or total[place] <= CHARACTERS]


def _after(items: Sequence[ProjectDocument], start: int) -> int:
    """The place behind the last of these documents."""
    return items[-1].ordinal + 1 if items else start


def _results(stream: Stream, version: ModelVersion, items: Sequence[ProjectDocument]) -> Iterator[Result]:
    documents = Document.objects.in_bulk([item.document_id for item in items])
    read = [documents[item.document_id] for item in items]
    said = prediction.predict(version, [one.text for one in read], [one.title for one in read]) if read else []
    for item, document, probabilities in zip(items, read, said, strict=True):
        yield Result(item.ordinal + 1, document, thresholds.reached(probabilities, stream.thresholds))


def _end(project: Project) -> int:
    """The place behind the project's last document."""
    last = project.items.order_by("-ordinal").values_list("ordinal", flat=True).first()
    return 0 if last is None else last + 1


def _position(stream: Stream, consumer: str) -> int:
    """Where the consumer reads on; one that has never advanced begins at the start, and reading writes nothing."""
    _check_consumer(consumer)
    found = stream.consumers.filter(name=consumer).values_list("sequence", flat=True).first()
    return found or 0


def _consumer(stream: Stream, name: str) -> StreamConsumer:
    """The consumer's row, locked; made at its first move."""
    _check_consumer(name)
    if not stream.consumers.filter(name=name).exists() and stream.consumers.count() >= MOST_CONSUMERS:
        raise Conflict(f"A stream has {MOST_CONSUMERS} consumers at most.")
    StreamConsumer.objects.get_or_create(stream=stream, name=name)
    return StreamConsumer.objects.select_for_update().get(stream=stream, name=name)


def _check_consumer(name: str) -> None:
    if not (1 <= len(name) <= 100 and name.isprintable()):
        message = "A consumer has a name of 1 to 100 printable characters."
        raise Invalid(message, fields={"consumer": [message]})


def _describe(stream: Stream, values: Mapping[str, Any]) -> None:
    stream.title = str(values.get("title", stream.title)).strip()
    stream.description = str(values.get("description", stream.description))
    if len(stream.title) > 200 or len(stream.description) > 20_000:
        raise Invalid("A title has at most 200 characters, a description 20,000.", fields={"title": ["Too long."]})
    if "filter" in values:
        stream.filter = selection.checked(values["filter"])


def _bind(stream: Stream, version: str | int, asked: Any) -> None:
    """Point the stream to the version, with a threshold for each label; call it in the transaction that saves."""
    said = str(version).strip().lower()
    if said == tags.LATEST:
        message = "A stream reads a pinned version, or live or staging: the latest one changes with every training."
        raise Invalid(message, fields={"version": [message]})
    found = tags.resolve(stream.project, stream.kind, said)
    stream.tag = said if said in Tag.Name.values else ""
    stream.pin = None if stream.tag else pins.hold(stream.project, found.number, stream.kind)
    if asked is None or (not isinstance(asked, str) and set(asked) != set(thresholds.labels(found))):
        message = f"Give a threshold for each label: {', '.join(thresholds.labels(found))}."
        raise Invalid(message, fields={"thresholds": [message]})
    stream.thresholds, stream.thresholds_for = thresholds.resolve(found, asked), found.number


def _moves(stream: Stream, version: str | int) -> bool:
    """Whether the stream would be bound to something else than now."""
    return str(version).strip().lower() != bound_to(stream)


def _items(stream: Stream, documents: Sequence[int]) -> list[ProjectDocument]:
    wanted = set(documents)
    if not 1 <= len(wanted) <= MOST_EXCEPTIONS:
        raise Invalid(f"Name 1 to {MOST_EXCEPTIONS:,} documents.", fields={"documents": [f"1 to {MOST_EXCEPTIONS:,}."]})
    found = list(stream.project.items.filter(document__in=wanted, removed=False).order_by("ordinal"))
    if len(found) != len(wanted):
        raise NotFound("One of these documents is not in this project. None was changed.")
    return found


@contextmanager
def _unique_name() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as problem:
        message = "This project already has a stream of this name."
        raise Invalid(message, fields={"name": [message]}) from problem
