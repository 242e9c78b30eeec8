"""Documents: found, tagged, deleted, and what people said about them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db import connection, transaction
from django.db.models import Count, F, Func, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone

from reviewapp.domain import audit, projects, second_looks
from reviewapp.domain.mapping import TAGS_LIMIT, checked_tags
from reviewapp.errors import Invalid
from reviewapp.models import (
    Annotation,
    Completion,
    Decision,
    Document,
    Draft,
    Prediction,
    Project,
    ProjectDocument,
    TaskOrigin,
    User,
    Words,
    Workspace,
)

UNUSABLE = re.compile(r"[\x00\ud800-\udfff]")  # what PostgreSQL cannot take in a text
TAGS = Document._meta.get_field("tags")
LOOKED_AT = 200  # documents, the newest, whose metadata says which names there are
MOST_NAMES = 30
METADATA_NAMES = """
SELECT DISTINCT jsonb_object_keys(newest.metadata) AS name FROM (
  SELECT d.metadata FROM reviewapp_document d WHERE d.workspace_id = %s AND d.deleted_at IS NULL
  ORDER BY d.id DESC LIMIT %s
) newest ORDER BY name LIMIT %s
"""
NAMED_IN_AUDIT = 1_000  # control numbers that one event lists
COUNTED = {
    "control_positives": Q(decision=Decision.POSITIVE, in_control_set=True),
    "control_negatives": Q(decision=Decision.NEGATIVE, in_control_set=True),
    "positives": Q(decision=Decision.POSITIVE),
    "negatives": Q(decision=Decision.NEGATIVE),
    "neutrals": Q(decision=Decision.NEUTRAL),
    "skipped": Q(decision=Decision.SKIPPED),
}


class _With(Func):
    """Tags and further tags behind them, each once."""

    template = (
        "ARRAY(SELECT tag FROM unnest(%(expressions)s) WITH ORDINALITY AS a(tag, place) "
        "GROUP BY tag ORDER BY min(place))"
    )
    arg_joiner = " || "


class _Without(Func):
    """Tags except some."""

    template = "ARRAY(SELECT tag FROM unnest(%(expressions)s) ORDER BY place)"
    arg_joiner = ") WITH ORDINALITY AS a(tag, place) WHERE NOT tag = ANY("


def search(rows: QuerySet[Document], text: str) -> QuerySet[Document]:
    """The rows whose title or text matches: words, "quoted phrases", ``or`` and ``-not`` as on the web.

    Without a word to look for all rows come back.
    """
    words = UNUSABLE.sub(" ", text).strip()
    if not words:
        return rows
    query = SearchQuery(words, config="simple", search_type="websearch")
    return rows.alias(words=Words("title", "text")).filter(words=query)


def metadata_names(workspace: Workspace) -> list[str]:
    """What the newest documents carry as metadata, by name; the first :data:`MOST_NAMES` of many."""
    with connection.cursor() as cursor:
        cursor.execute(METADATA_NAMES, [workspace.pk, LOOKED_AT, MOST_NAMES])
        return [name for (name,) in cursor.fetchall()]


def add_tags(workspace: Workspace, documents: QuerySet[Document], tags: Sequence[str], by: User) -> int:
    """Put the tags on the documents; returns how many changed. Projects for these tags take the documents in.

    Raises :class:`Invalid` when a document would have too many; then nothing is changed.
    """
    given = list(_some(tags))
    with transaction.atomic():
        changed = _tag(workspace, documents, given)
        audit.record(by, "document.add_tags", workspace, workspace, tags=given, documents=changed)
        projects.adopt(workspace, by)
    return changed


def remove_tags(workspace: Workspace, documents: QuerySet[Document], tags: Sequence[str], by: User) -> int:
    """Take the tags off the documents; returns how many changed. No document leaves a project by that."""
    given = list(_some(tags))
    with transaction.atomic():
        changed = _untag(workspace, documents, given)
        audit.record(by, "document.remove_tags", workspace, workspace, tags=given, documents=changed)
    return changed


def change_tags(
    workspace: Workspace, documents: QuerySet[Document], add: Sequence[str], remove: Sequence[str], by: User
) -> tuple[int, int]:
    """As :func:`add_tags` and then :func:`remove_tags`, in one step; returns how many got one and how many lost one."""
    given, taken = list(_some(add)), list(_some(remove))
    with transaction.atomic():
        pks = list(_living(workspace, documents).values_list("pk", flat=True))
        chosen = Document.objects.filter(pk__in=pks)
        added, removed = _tag(workspace, chosen, given), _untag(workspace, chosen, taken)
        counts = {"added": added, "removed": removed}
        audit.record(by, "document.change_tags", workspace, workspace, tags=given, taken=taken, **counts)
        projects.adopt(workspace, by)
    return added, removed


def delete(workspace: Workspace, documents: QuerySet[Document], by: User) -> int:
    """Wipe the documents' title, text, metadata and annotations for good; returns how many.

    They leave every project.

    The rows stay, so that control numbers are not used again and the coding remains on record. Trained versions stay
    as they are; the next population and training know nothing of the documents (U-17).
    """
    now = timezone.now()
    with transaction.atomic():
        rows = _living(workspace, documents).select_for_update().order_by("pk")
        names = dict(rows.values_list("pk", "control_number"))
        wiped = Document.objects.filter(pk__in=names).update(title="", text="", metadata={}, deleted_at=now)
        _forget_annotations(names)
        listed = sorted(names.values())[:NAMED_IN_AUDIT]
        audit.record(by, "document.delete", workspace, workspace, documents=wiped, control_numbers=listed)
        for project in _withdraw(ProjectDocument.objects.filter(document__in=names, removed=False)):
            projects.repopulate(project, by)
    return wiped


def history(document: Document, person: User) -> list[Completion]:
    """Every completion of the document in any project that the person may see now, newest first."""
    rows = second_looks.seen_by(Completion.objects.filter(item__document=document), person)
    return list(rows.select_related("project", "reviewer").order_by("-id"))


def _forget_annotations(documents: Iterable[int]) -> None:
    """What was marked in a text quotes it."""
    items = ProjectDocument.objects.filter(document__in=list(documents))
    Annotation.objects.filter(completion__item__in=items).delete()
    Prediction.objects.filter(item__in=items).delete()
    Draft.objects.filter(item__in=items).delete()
    TaskOrigin.objects.filter(item__in=items).delete()


def _tag(workspace: Workspace, documents: QuerySet[Document], tags: list[str]) -> int:
    rows = _living(workspace, documents).exclude(tags__contains=tags)
    pks = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    changed = Document.objects.filter(pk__in=pks).update(tags=_With(F("tags"), Cast(Value(tags), TAGS)))
    if Document.objects.filter(pk__in=pks, tags__len__gt=TAGS_LIMIT).exists():
        raise Invalid(f"A document can have {TAGS_LIMIT} tags at most.", fields={"tags": ["Too many."]})
    return changed


def _untag(workspace: Workspace, documents: QuerySet[Document], tags: list[str]) -> int:
    rows = _living(workspace, documents).filter(tags__overlap=tags)
    return rows.update(tags=_Without(F("tags"), Cast(Value(tags), TAGS)))


def _living(workspace: Workspace, documents: QuerySet[Document]) -> QuerySet[Document]:
    return Document.objects.filter(pk__in=documents.values("pk"), workspace=workspace, deleted_at=None)


def _some(tags: Sequence[str]) -> tuple[str, ...]:
    found = checked_tags(tags)
    if not found:
        raise Invalid("Name at least one tag.", fields={"tags": ["Name at least one tag."]})
    return found


def _withdraw(places: QuerySet[ProjectDocument]) -> list[Project]:
    """Empty these places and set the counters right; returns the projects, by primary key.

    Places are locked before projects, in the order in which coding does it.
    """
    pks = list(places.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    held = ProjectDocument.objects.filter(pk__in=pks)
    counts = {name: Count("pk", filter=counted) for name, counted in COUNTED.items()}
    tallies: list[Any] = list(held.order_by("project").values("project").annotate(documents=Count("pk"), **counts))
    held.update(
        removed=True,
        decision=None,
        current=None,
        revision=F("revision") + 1,
        reviewer=None,
        lease_token=None,
        leased_at=None,
        leased_until=None,
        awaits=None,
    )
    for tally in tallies:
        moves = {name: F(name) - tally[name] for name in ("documents", *COUNTED)}
        Project.objects.filter(pk=tally["project"]).update(**moves)
    return list(Project.objects.select_related("workspace").filter(pk__in=[tally["project"] for tally in tallies]))
