"""How the figures of model versions are drawn."""

from typing import Any

from django import template

from training.core.validation import FIGURES

register = template.Library()


@register.filter
def figures(found: Any) -> list[Any]:
    """The four figures in the order of the columns, of what was computed now or frozen before."""
    return [found[name] if isinstance(found, dict) else getattr(found, name) for name in FIGURES]


@register.simple_tag
def rank(threshold: float) -> str:
    """A threshold of 0 to 1 as a rank of 0 to 100."""
    return f"{100 * threshold:g}"
