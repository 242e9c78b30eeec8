"""The guided tour: a few stops through a review at work, each on its own page; the browser remembers the stop."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from reviewapp import access
from reviewapp.access import Right
from reviewapp.models import Project
from reviewapp.web.pages import Request


@dataclass(frozen=True)
class Stop:
    """Where the tour halts: the page, what on it is meant (a selector), and what is said there."""

    title: str
    text: str
    route: str
    target: str = ""
    of: str = "project"  # or the workspace, or nothing
    right: Right = "view"


STOPS = (
    Stop(
        gettext_noop("Workspaces"),
        gettext_noop(
            "A workspace is a wall: people, documents and projects inside see nothing of another one. A "
            "project in it is one review, with one question."
        ),
        "workspaces",
        ".cards",
        of="",
    ),
    Stop(
        gettext_noop("How far a review is"),
        gettext_noop(
            "Coded documents, and what the current model was trained on. After every few decisions the "
            "model is trained anew, by itself, and becomes the next numbered version."
        ),
        "project",
        ".overview",
    ),
    Stop(
        gettext_noop("Documents by rank"),
        gettext_noop(
            "The model gives every document a rank from 0 to 100. A good one has the relevant documents on "
            "the right and little that is not reviewed beside them. Every chart has its numbers below it, "
            "and can be saved."
        ),
        "project",
        "#chart-rank-distribution",
    ),
    Stop(
        gettext_noop("Why this document"),
        gettext_noop(
            "Each document says why it is here: its rank and the version that gave it, or chance. A few "
            "come at random, so that the model’s blind spots show."
        ),
        "review",
        ".sheet .why",
        right="review",
    ),
    Stop(
        gettext_noop("One key, one document"),
        gettext_noop(
            "The key that stands on an answer gives it and brings the next document. “u” takes it back. "
            "Code on the text alone: that is the four corners rule."
        ),
        "review",
        "#decide",
        right="review",
    ),
    Stop(
        gettext_noop("When to stop"),
        gettext_noop(
            "Three kinds of rules, told apart: two promise something at a confidence that was chosen "
            "before, one gives hints without any guarantee."
        ),
        "project-stopping",
        "main h1",
    ),
    Stop(
        gettext_noop("Versions that stay"),
        gettext_noop(
            "A pinned version is kept, and predicts the same forever. Live and Staging are names that move "
            "between pinned versions, for those who read a stream."
        ),
        "project-models",
        "#live",
    ),
    Stop(
        gettext_noop("The next case starts ahead"),
        gettext_noop(
            "What a review learned becomes a trained model: sealed, without the documents, and ready to "
            "rank another collection before anybody has coded it."
        ),
        "models",
        "main h1",
        of="workspace",
        right="view_models",
    ),
    Stop(
        gettext_noop("Anywhere by keyboard"),
        gettext_noop(
            "Ctrl K goes to any page, project or document and does what can be done; “?” lists the keys of "
            "the page. Help is in the menu under your name. That was the tour."
        ),
        "workspaces",
        "#open-palette",
        of="",
    ),
)


@require_safe
def show(request: Request) -> HttpResponse:
    """The stop that ``?stop=`` names, counted from 1, among those that the person may visit."""
    stops = _stops(request)
    asked = request.GET.get("stop", "")
    number = min(max(int(asked), 1), len(stops)) if asked.isdecimal() and len(asked) < 4 else 1
    stop, address = stops[number - 1]
    context = {"stop": stop, "address": address, "number": number, "count": len(stops)}
    before, after = (stops[at][1] if 0 <= at < len(stops) else "" for at in (number - 2, number))
    return render(request, "help/_stop.html", {**context, "before": before, "after": after})


def _stops(request: Request) -> list[tuple[Stop, str]]:
    """Each stop with its address in the first project where something is coded, or else the first one there is."""
    rows = access.visible(request.user, Project).select_related("workspace")
    project = rows.order_by("-positives", "pk").first()
    rights = access.rights(request.user, project.workspace) if project else frozenset()
    places = {"project": project, "workspace": project.workspace if project else None}
    stops = []
    for stop in STOPS:
        row = places.get(stop.of)
        if not stop.of:
            stops.append((stop, reverse(stop.route)))
        elif row is not None and stop.right in rights:
            stops.append((stop, reverse(stop.route, args=[row.pk])))
    return stops
