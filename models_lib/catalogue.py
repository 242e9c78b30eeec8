"""The catalogue: the models of a workspace as a table that is searched, narrowed and ordered by any column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, CharField, Count, F, IntegerField, OuterRef, Q, QuerySet, When, Window
from django.db.models.functions import Cast

from models_lib import library
from models_lib.models import Category, TrainedModel
from models_lib.models.library import MOVING
from reviewapp.models import User, Workspace

Span = tuple[int | None, int | None]
Days = tuple[date | None, date | None]
COUNTS = ("positives", "negatives", "documents")
ANYTHING: tuple[None, None] = (None, None)

# Every column by what it is ordered by. Equal rows stand in the order in which they came.
ORDERS: Mapping[str, str] = {
    "name": "name",
    "description": "description",
    "categories": "category_names",
    "status": "export_status",
    "guid": "guid",
    "origin": "origin",
    "positives": "shown_positives",
    "negatives": "shown_negatives",
    "documents": "shown_documents",
    "vocabulary": "vocabulary",
    "features": "features__version",
    "payload": "payload",
    "size": "size",
    "created_by": "created_by__username",
    "created_at": "created_at",
    "modified_by": "modified_by__username",
    "modified_at": "modified_at",
    "links": "links",
}
GROUPS: Mapping[str, Q] = {
    "exported": Q(origin=TrainedModel.Origin.EXPORTED) & ~Q(export_status__in=MOVING),
    "progress": Q(export_status__in=MOVING),
    "shared": Q(origin=TrainedModel.Origin.SHARED),
}


@dataclass(frozen=True)
class Wanted:
    """What to look for, column by column, and the column to order by (``-`` in front: from the end)."""

    group: str = ""  # one of GROUPS: exported here, still in progress, shared in
    words: str = ""  # in name or description
    name: str = ""
    description: str = ""
    category: int | None = None
    uncategorized: bool = False
    statuses: tuple[str, ...] = ()
    guid: str = ""  # its beginning
    origin: str = ""
    positives: Span = ANYTHING
    negatives: Span = ANYTHING
    documents: Span = ANYTHING
    vocabulary: Span = ANYTHING
    features: int | None = None  # the version of the feature settings
    payload: str = ""  # its beginning
    size: Span = ANYTHING  # bytes
    created_by: str = ""
    created: Days = ANYTHING
    modified_by: str = ""
    modified: Days = ANYTHING
    links: Span = ANYTHING
    order: str = "-created_at"


def find(user: User, workspace: Workspace, wanted: Wanted) -> QuerySet[TrainedModel]:
    """The models that the person may see and asks for, each with its ``category_names`` and the ``total`` found.

    One statement: whoever takes a slice of it knows the rows and how many there are in all.
    """
    rows = library.shown(user, workspace).prefetch_related(None).annotate(**_columns())
    rows = rows.filter(*_conditions(wanted)).annotate(total=Window(Count("pk")))
    column, last_first = wanted.order.removeprefix("-"), wanted.order.startswith("-")
    by = F(ORDERS.get(column, "created_at"))
    ordered = by.desc(nulls_last=True) if last_first else by.asc(nulls_last=True)
    return rows.order_by(ordered, "-pk" if last_first else "pk")


def is_narrowed(wanted: Wanted) -> bool:
    """Whether anything but the order was asked for."""
    return wanted != Wanted(order=wanted.order)


def _columns() -> dict[str, Any]:
    """Columns that no field holds; how many documents stand behind a model only where people are told."""
    told = ~Q(sealed_at=None) if settings.MODEL_COUNTS else Q(origin=TrainedModel.Origin.EXPORTED) & ~Q(sealed_at=None)
    counts = {"positives": F("positives"), "negatives": F("negatives"), "documents": F("positives") + F("negatives")}
    shown = {
        f"shown_{name}": Case(When(told, then=count), output_field=IntegerField()) for name, count in counts.items()
    }
    names = Category.objects.filter(models=OuterRef("pk")).order_by("position", "pk").values("name")
    return {"category_names": ArraySubquery(names), "guid_text": Cast("guid", CharField()), **shown}


def _conditions(wanted: Wanted) -> Iterable[Q]:
    texts = {"name": wanted.name, "description": wanted.description}
    people = {"created_by__username": wanted.created_by, "modified_by__username": wanted.modified_by}
    for field, text in (texts | people).items():
        if text:
            yield Q(**{f"{field}__icontains": text})
    if wanted.words:
        yield Q(name__icontains=wanted.words) | Q(description__icontains=wanted.words)
    for field, beginning in {"guid_text": wanted.guid, "payload": wanted.payload}.items():
        if beginning:
            yield Q(**{f"{field}__startswith": beginning.strip().lower()})
    yield from _choices(wanted)
    yield from _ranges(wanted)


def _choices(wanted: Wanted) -> Iterable[Q]:
    if wanted.group:
        yield GROUPS[wanted.group]
    if wanted.category is not None:
        yield Q(pk__in=TrainedModel.categories.through.objects.filter(category=wanted.category).values("trainedmodel"))
    if wanted.uncategorized:
        yield Q(categories=None)
    if wanted.statuses:
        yield Q(export_status__in=wanted.statuses)
    if wanted.origin:
        yield Q(origin=wanted.origin)
    if wanted.features is not None:
        yield Q(features__version=wanted.features)


def _ranges(wanted: Wanted) -> Iterable[Q]:
    spans = {f"shown_{name}": getattr(wanted, name) for name in COUNTS}
    spans |= {name: getattr(wanted, name) for name in ("vocabulary", "size", "links")}
    days = {"created_at__date": wanted.created, "modified_at__date": wanted.modified}
    for field, (lowest, highest) in (spans | days).items():
        if lowest is not None:
            yield Q(**{f"{field}__gte": lowest})
        if highest is not None:
            yield Q(**{f"{field}__lte": highest})
