"""The OpenAPI document: what each operation takes and gives, said once beside it."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from django_filters import (
    CharFilter,
    Filter,
    FilterSet,
    IsoDateTimeFilter,
    MultipleChoiceFilter,
    NumberFilter,
)
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

from reviewapp.api.filters import Flag

Shape = type[serializers.BaseSerializer[Any]] | serializers.BaseSerializer[Any]
Handler = TypeVar("Handler", bound=Callable[..., Any])

TYPES: Mapping[type[Filter], OpenApiTypes] = {
    NumberFilter: OpenApiTypes.INT,
    Flag: OpenApiTypes.BOOL,
    IsoDateTimeFilter: OpenApiTypes.DATETIME,
    CharFilter: OpenApiTypes.STR,
}
KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Up to 255 characters of your choice; the same request with the same key is performed once.",
)
PAGING = (
    OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="Taken from `next` or `previous` of another page."),
)


class Problem(serializers.Serializer[Any]):
    """A refusal, as `application/problem+json` (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong and what to do, for people.")
    code = serializers.CharField(help_text="What is wrong, for programs.")
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)  # type: ignore[assignment]


REFUSED = OpenApiResponse(Problem, description="Refused; `code` says why.")


class Operation(AutoSchema):
    """Adds to every operation what all share: the refusal's shape, and the idempotency key of those that change."""

    def get_override_parameters(self) -> list[Any]:
        return [KEY] if self.method not in ("GET", "HEAD") and getattr(self.view, "changes", True) else []

    def _get_serializer_name(self, *args: Any, **options: Any) -> str:
        """The component's name without the suffix that tells our classes apart."""
        return re.sub("(Out|In|Shape)(?=(Request)?$)", "", str(super()._get_serializer_name(*args, **options)))


def operation(
    name: str,
    *,
    takes: Shape | Mapping[str, Any] | None = None,
    gives: Shape | Any = None,
    status: int = 200,
    page: bool = False,
    filters: type[FilterSet] | None = None,
    parameters: tuple[OpenApiParameter | type[serializers.Serializer[Any]], ...] = (),
    media: str = "application/json",
    also: Mapping[str, Any] | None = None,
) -> Callable[[Handler], Handler]:
    """Describe one operation; ``page`` says that ``gives`` is one row of a paginated list.

    ``also`` are the answers of other media types, for those who send or ask for such.
    """
    noun = name.split(".", maxsplit=1)[0]
    answer = _page_of(name, gives) if page else gives
    said: Callable[[Handler], Handler] = extend_schema(
        operation_id=name,
        tags=[noun],
        request=takes,
        responses={
            (status, media) if answer is not None else status: OpenApiResponse(answer),
            **{(status, other): OpenApiResponse(said) for other, said in (also or {}).items()},
            ("default", "application/problem+json"): REFUSED,
        },
        parameters=[*(query_parameters(filters) if filters else ()), *(PAGING if page else ()), *parameters],
    )
    return said


def query_parameters(filters: type[FilterSet]) -> list[OpenApiParameter]:
    """One parameter a filter, with the values that a choice allows."""
    return [_parameter(name, known) for name, known in filters.base_filters.items()]


@cache
def document() -> dict[str, Any]:
    """The whole OpenAPI document as plain data."""
    found: dict[str, Any] = SchemaGenerator(urlconf="reviewapp.urls").get_schema(public=True)  # type: ignore[no-untyped-call]
    return found


def _parameter(name: str, known: Filter) -> OpenApiParameter:
    allowed = [str(value) for value, _ in known.extra.get("choices", ())] or None
    kind = next((TYPES[base] for base in type(known).__mro__ if base in TYPES), OpenApiTypes.STR)
    return OpenApiParameter(
        name,
        kind,
        description=known.extra.get("help_text", ""),
        enum=None if isinstance(known, Flag) else allowed,
        many=isinstance(known, MultipleChoiceFilter),
    )


def _page_of(name: str, row: Shape) -> Shape:
    title = "".join(part.capitalize() for part in name.replace("-", ".").split("."))
    many = row(many=True) if isinstance(row, type) else row
    return inline_serializer(f"{title}Page", {"results": many, "next": _neighbour(), "previous": _neighbour()})


def _neighbour() -> serializers.URLField:
    return serializers.URLField(allow_null=True, help_text="Address of the neighbouring page; null at the end.")
