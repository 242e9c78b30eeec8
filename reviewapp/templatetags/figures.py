"""Figures as people read them; a dash where nothing can be said."""

from django import template

register = template.Library()


@register.filter
def percent(value: float | None) -> str:
    """A share from 0 to 1 in percent with one decimal."""
    return "–" if value is None else f"{100 * value:.1f} %"


@register.filter
def decimal(value: float | None) -> str:
    """A figure with two decimals."""
    return "–" if value is None else f"{value:.2f}"
