"""Filters of lists: each list says which there are, and any other parameter is refused by name."""

from typing import Any, TypeVar

from django import forms
from django.db.models import Model, QuerySet
from django_filters import FilterSet, NumberFilter
from rest_framework.request import Request

from reviewapp.api.problems import BadQuery

PAGING = {"cursor", "page_size"}
MAX_ID = 10**18 - 1
Row = TypeVar("Row", bound=Model)


class IdFilter(NumberFilter):  # type: ignore[misc]
    """A row's number, within what the database can compare."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, min_value=0, max_value=MAX_ID, **options)


def filtered(request: Request, filters: type[FilterSet], rows: QuerySet[Row]) -> QuerySet[Row]:
    """The rows that the query asks for; raises :class:`BadQuery` naming the known filters for an unknown one."""
    refuse_unknown(request, set(filters.base_filters) | PAGING)
    found = filters(request.query_params, rows)
    if not found.is_valid():
        fields = {name: [str(message) for message in messages] for name, messages in found.errors.items()}
        raise BadQuery("A filter cannot be used: " + " ".join(f"{n}: {' '.join(m)}" for n, m in fields.items()), fields)
    picked: QuerySet[Row] = found.qs
    return picked


def refuse_unknown(request: Request, known: set[str]) -> None:
    """Raise :class:`BadQuery` when the query holds a parameter that is not known here."""
    if unknown := sorted(set(request.query_params) - known):
        told = f"Known here: {', '.join(sorted(known))}."
        raise BadQuery(f"Unknown parameter: {', '.join(unknown)}. {told}", {name: [told] for name in unknown})
