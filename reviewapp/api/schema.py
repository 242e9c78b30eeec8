"""The OpenAPI document: what each operation takes and gives, said once beside it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.http import HttpRequest
from django_filters import (
    BooleanFilter,
    CharFilter,
    ChoiceFilter,
    Filter,
    FilterSet,
    IsoDateTimeFilter,
    MultipleChoiceFilter,
    NumberFilter,
)
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

Shape = type[serializers.BaseSerializer[Any]] | serializers.BaseSerializer[Any]
Handler = TypeVar("Handler", bound=Callable[..., Any])

SETTINGS: dict[str, Any] = {
    "DESCRIPTION": "Everything that a page can do. See docs/reference/api.md for a worked example.",
    "PATH_CONVERTER_OVERRIDES": {
        "id": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
        "word": {"type": "string", "maxLength": 150},
    },
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SCHEMA_COERCE_PATH_PK": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {},
}
TYPES: Mapping[type[Filter], OpenApiTypes] = {
    NumberFilter: OpenApiTypes.INT,
    BooleanFilter: OpenApiTypes.BOOL,
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
        return [KEY] if self.method not in ("GET", "HEAD") else []


def operation(
    name: str,
    *,
    takes: Shape | Mapping[str, Any] | None = None,
    gives: Shape | Any = None,
    status: int = 200,
    page: bool = False,
    filters: type[FilterSet] | None = None,
    parameters: tuple[OpenApiParameter, ...] = (),
    media: str = "application/json",
) -> Callable[[Handler], Handler]:
    """Describe one operation; ``page`` says that ``gives`` is one row of a paginated list."""
    noun = name.split(".", maxsplit=1)[0]
    answer = _page_of(name, gives) if page else gives
    said: Callable[[Handler], Handler] = extend_schema(
        operation_id=name,
        tags=[noun],
        request=takes,
        responses={
            (status, media) if answer is not None else status: OpenApiResponse(answer),
            ("default", "application/problem+json"): REFUSED,
        },
        parameters=[*(query_parameters(filters) if filters else ()), *(PAGING if page else ()), *parameters],
    )
    return said


def query_parameters(filters: type[FilterSet]) -> list[OpenApiParameter]:
    """One parameter a filter, with the values that a choice allows."""
    return [_parameter(name, known) for name, known in filters.base_filters.items()]


def document(request: HttpRequest | None = None) -> dict[str, Any]:
    """The whole OpenAPI document as plain data."""
    with patched_settings(SETTINGS):
        found: dict[str, Any] = SchemaGenerator(urlconf="reviewapp.urls").get_schema(request=request, public=True)  # type: ignore[no-untyped-call]
    return found


def _parameter(name: str, known: Filter) -> OpenApiParameter:
    allowed = [str(value) for value, _ in known.extra.get("choices", ())] or None
    kind = next((TYPES[base] for base in type(known).__mro__ if base in TYPES), OpenApiTypes.STR)
    return OpenApiParameter(
        name,
        kind,
        description=known.extra.get("help_text", ""),
        enum=allowed if isinstance(known, ChoiceFilter | MultipleChoiceFilter) else None,
        many=isinstance(known, MultipleChoiceFilter),
    )


def _page_of(name: str, row: Shape) -> Shape:
    title = "".join(part.capitalize() for part in name.replace("-", ".").split("."))
    many = row(many=True) if isinstance(row, type) else row
    return inline_serializer(f"{title}Page", {"results": many, "next": _neighbour(), "previous": _neighbour()})


def _neighbour() -> serializers.URLField:
    return serializers.URLField(allow_null=True, help_text="Address of the neighbouring page; null at the end.")
