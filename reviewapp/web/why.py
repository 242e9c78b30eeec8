"""Why a document has its rank: its terms for and against, in its own text, and coded documents like it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from reviewapp import access
from reviewapp.domain import coding, second_looks
from reviewapp.models import Project
from reviewapp.web import texts
from reviewapp.web.pages import Request, draw
from training import explaining
from training.core.explanation import Span

LEVELS = 3  # of emphasis


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; ``side`` is empty where nothing speaks, ``level`` 1 (weak) to :data:`LEVELS`."""

    text: str
    side: str = ""
    level: int = 0
    added: float = 0.0


@require_safe
def show(request: Request, pk: int, document: int) -> HttpResponse:
    """The explanation by the current version, or by ``?version=``; for htmx the panel and the marked text alone."""
    project = access.get(request.user, Project, pk)
    item = coding.place(project, document)
    second_looks.require_open(item, request.user)
    asked = request.GET.get("version", "")
    found = explaining.explain(project, item, int(asked) if asked.isdecimal() and len(asked) < 9 else None)
    shown = texts.shown(request, item.document.text)
    return draw(
        request,
        "why/_panel.html" if request.htmx else "why/show.html",
        project,
        project=project,
        item=item,
        why=found,
        shown=shown,
        **marked(found, item.document.title, shown.text),
    )


def marked(found: explaining.Opinion, title: str, text: str) -> dict[str, Any]:
    """Title and text in pieces, the terms with a level by the strongest of both."""
    strongest = max((abs(span.added) for span in (*found.title, *found.text)), default=0.0)
    return {"title": cut(title, found.title, strongest), "text": cut(text, found.text, strongest)}


def cut(text: str, spans: list[Span], strongest: float) -> list[Piece]:
    """The text in pieces, those of the spans with their side and level; together they are the text."""
    pieces, done = [], 0
    for span in spans:
        if span.end > len(text):
            break
        side, level = "for" if span.added > 0 else "against", _level(abs(span.added) / strongest)
        pieces += [Piece(text[done : span.start]), Piece(text[span.start : span.end], side, level, span.added)]
        done = span.end
    return [piece for piece in (*pieces, Piece(text[done:])) if piece.text]


def _level(share: float) -> int:
    return min(LEVELS, 1 + int(share * LEVELS))
