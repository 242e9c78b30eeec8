"""Training modes in bodies and queries: which list the next document comes from."""

from typing import Any

from rest_framework import serializers

from reviewapp.api.endpoints import Shape
from reviewapp.models import Project
from training import modes
from training.modes import Walk


class WalkShape(Shape):
    """What a mode needs to know."""

    label = serializers.CharField(  # type: ignore[assignment]
        max_length=100, default="", allow_blank=True, help_text="For modes that need a label."
    )
    words = serializers.CharField(max_length=1000, default="", allow_blank=True, help_text="For search.")
    cluster = serializers.IntegerField(min_value=0, max_value=10**6, default=None, allow_null=True)


def walk_of(project: Project, asked: dict[str, Any]) -> Walk | None:
    """The walk in a body that may name one (``mode`` and what it needs); takes these members out of it."""
    name, *known = (asked.pop(member) for member in ("mode", *WalkShape().fields))
    return modes.walk(project, name, **dict(zip(WalkShape().fields, known, strict=True))) if name else None
