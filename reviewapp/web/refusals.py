"""Refusals at the edge: a page for people, a fragment for htmx, field errors in a form."""

import sys
from collections.abc import Callable

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import requires_csrf_token

from reviewapp.domain.health import is_away, is_full
from reviewapp.errors import Invalid, ReviewError, TooManyTries

HEADINGS = {
    403: gettext_lazy("You may not do this"),
    404: gettext_lazy("Not found"),
    409: gettext_lazy("This has changed meanwhile"),
    413: gettext_lazy("This is too large"),
    422: gettext_lazy("This cannot be done"),
    429: gettext_lazy("Too many tries"),
    503: gettext_lazy("Not available right now"),
    507: gettext_lazy("The server is out of space"),
}


class RefusalMiddleware:
    """Turns a raised :class:`ReviewError` into an answer that a person can read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        return draw(request, problem) if isinstance(problem, ReviewError) else None


def draw(request: HttpRequest, refusal: ReviewError) -> HttpResponse:
    """The refusal as a page, or as a fragment for the page's alert area when htmx asked."""
    told = {
        "status": refusal.status,
        "heading": HEADINGS.get(refusal.status, gettext_lazy("This did not work")),
        "message": refusal.message,
        "back": _came_from(request),
    }
    template = "_refusal.html" if request.headers.get("HX-Request") else "refusal.html"
    answer = render(request, template, told, status=refusal.status)
    if isinstance(refusal, TooManyTries):
        answer["Retry-After"] = str(refusal.wait)
    return answer


@requires_csrf_token
def fault(request: HttpRequest) -> HttpResponse:
    """What is drawn for a fault of ours, without asking the database anything: it may be what is away."""
    problem = sys.exc_info()[1]
    status = 507 if is_full(problem) else 503 if is_away(problem) else 500
    answer = HttpResponse(render_to_string(f"{status}.html"), status=status)
    if status == 503:
        answer["Retry-After"] = "2"
    return answer


def tell(form: BaseForm, problem: Invalid) -> None:
    """Put what the domain refused beside the fields it names; what names no field of the form goes above it."""
    for name, messages in problem.fields.items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
    if not problem.fields:
        form.add_error(None, problem.message)


def _came_from(request: HttpRequest) -> str:
    """The page that sent the person here, when it is one of ours and another one."""
    address = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if ours and address != request.build_absolute_uri() else ""
