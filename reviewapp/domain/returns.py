"""Documents that came back to review: they are handed out before anything else, coded or not."""

from collections.abc import Sequence

from django.utils import timezone

from reviewapp.models import Project, ProjectDocument


def put(project: Project, documents: Sequence[int]) -> int:
    """Send these documents (primary keys) back to review; returns how many were not there already."""
    places = project.items.filter(document__in=documents, removed=False, returned_at=None)
    return places.update(returned_at=timezone.now())


def take_back(project: Project, documents: Sequence[int]) -> int:
    """Let these documents wait for review no longer; returns how many did."""
    return project.items.filter(document__in=documents, returned_at__isnull=False).update(returned_at=None)


def ordinals(project: Project, most: int) -> list[int]:
    """Those that wait, the longest first."""
    waiting = ProjectDocument.objects.filter(project=project, returned_at__isnull=False, removed=False)
    return list(waiting.order_by("returned_at", "ordinal").values_list("ordinal", flat=True)[:most])


def count(project: Project) -> int:
    """How many wait."""
    return ProjectDocument.objects.filter(project=project, returned_at__isnull=False, removed=False).count()
