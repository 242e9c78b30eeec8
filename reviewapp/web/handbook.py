"""Help inside the product: the questions that a newcomer asks, the tour, and every component on one page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviewapp import access
from reviewapp.models import MINIMUM_PER_CLASS
from reviewapp.web.pages import Request

ICONS = ("search", "keys", "share", "download", "help", "close", "next", "lock", "warning")


@require_safe
def show(request: Request) -> HttpResponse:
    """The four corners rule, what a rank is, why not to stop yet."""
    return render(request, "help/show.html", {"needed": MINIMUM_PER_CLASS})


@require_safe
def style(request: Request) -> HttpResponse:
    """Every component in light and dark, drawn from one template."""
    access.operate(request.user)
    return render(request, "help/style.html", {"icons": ICONS})
