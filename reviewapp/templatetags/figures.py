"""Figures as people read them; a dash where nothing can be said."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import template
from django.utils.formats import get_format

register = template.Library()
LONGEST_ENTRY = 120


def _local(figure: str) -> str:
    return figure.replace(".", get_format("DECIMAL_SEPARATOR"))


@register.filter
def percent(value: float | None) -> str:
    """A share from 0 to 1 in percent with one decimal."""
    return "–" if value is None else _local(f"{100 * value:.1f} %")


@register.filter
def decimal(value: float | None) -> str:
    """A figure with two decimals."""
    return "–" if value is None else _local(f"{value:.2f}")


@register.filter
def span(value: timedelta) -> str:
    """A time span in its greatest whole unit."""
    seconds = int(value.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


@register.filter
def points(value: float) -> str:
    """A difference of shares in points of a hundred, with its sign."""
    return _local(f"{100 * value:+.1f}")


@register.filter
def entry(metadata: Mapping[str, Any], name: str) -> str:
    """What the metadata says under the name, in a cell: cut where it is long, nothing where there is none."""
    said = str(metadata.get(name, ""))
    return said if len(said) <= LONGEST_ENTRY else f"{said[:LONGEST_ENTRY]}…"
