"""Filters of lists: each list says which there are, and any other parameter is refused by name."""

from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

from django import forms
from django.db.models import Model, QuerySet
from django_filters import FilterSet, NumberFilter, TypedChoiceFilter
from rest_framework import serializers
from rest_framework.request import Request

from reviewapp.api.problems import BadQuery

PAGING = frozenset({"cursor", "page_size"})
MAX_ID = 10**18 - 1
Row = TypeVar("Row", bound=Model)


class IdFilter(NumberFilter):  # type: ignore[misc]
    """A row's number, within what the database can compare."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, min_value=0, max_value=MAX_ID, **options)


class Flag(TypedChoiceFilter):  # type: ignore[misc]
    """Yes or no; anything else is refused and not ignored."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, choices=[("true", "true"), ("false", "false")], coerce="true".__eq__, **options)


def filtered(
    request: Request, filters: type[FilterSet], rows: QuerySet[Row], also: frozenset[str] = PAGING
) -> QuerySet[Row]:
    """The rows that the query asks for; raises :class:`BadQuery` naming the known filters for an unknown one.

    ``also`` are parameters that are read elsewhere.
    """
    refuse_unknown(request, also.union(filters.base_filters))
    found = filters(request.query_params, rows)
    if not found.is_valid():
        fields = {name: [str(message) for message in messages] for name, messages in found.errors.items()}
        raise _unusable(fields)
    picked: QuerySet[Row] = found.qs
    return picked


def read_query(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The query in this shape, for lists that are not searched by the database alone; raises :class:`BadQuery`."""
    refuse_unknown(request, PAGING.union(shape().fields))
    asked = {name: value for name, value in request.query_params.items() if name not in PAGING and value != ""}
    query = shape(data=asked)
    if not query.is_valid():
        fields = {name: [str(message) for message in messages] for name, messages in query.errors.items()}
        raise BadQuery(
            "The query cannot be used: " + " ".join(f"{n}: {' '.join(m)}" for n, m in fields.items()), fields
        )
    validated: dict[str, Any] = query.validated_data
    return validated


def refuse_unknown(request: Request, known: AbstractSet[str]) -> None:
    """Raise :class:`BadQuery` when the query holds a parameter that is not known here."""
    if unknown := sorted(set(request.query_params) - known):
        told = f"Known here: {', '.join(sorted(known))}."
        raise BadQuery(f"Unknown parameter: {', '.join(unknown)}. {told}", {name: [told] for name in unknown})


def _unusable(fields: dict[str, list[str]]) -> BadQuery:
    said = " ".join(f"{name}: {' '.join(messages)}" for name, messages in fields.items())
    return BadQuery(f"The query cannot be used. {said}", fields)
