"""Pages that only one kind of project has."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse

from reviewapp import access
from reviewapp.access import Right
from reviewapp.domain import projects
from reviewapp.models import Project
from reviewapp.web.pages import Request

View = Callable[..., HttpResponse]


def for_reviews(view: View) -> View:
    """The page of a review; an annotation project answers that it has none."""

    @wraps(view)
    def checked(request: Request, pk: int, **address: Any) -> HttpResponse:
        projects.require(access.get(request.user, Project, pk), Project.Kind.REVIEW)
        return view(request, pk, **address)

    return checked


def annotation_project(request: Request, pk: int, *, may: Right = "view") -> Project:
    """The annotation project, with the right to it checked; a review has no such page."""
    return projects.require(access.get(request.user, Project, pk, may=may), Project.Kind.ANNOTATION)
