"""The addresses that load balancers, supervisors and people ask whether all is well."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from reviewapp.domain import health


@require_safe
@login_not_required
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when everything runs, else 503 with what is wrong."""
    found = health.check()
    return JsonResponse({"ok": found.ok, **found.parts, "problems": found.problems}, status=200 if found.ok else 503)


@require_safe
@login_not_required
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """200 from a web process that can answer at all, whatever else is away: one that does not is to be restarted."""
    return HttpResponse("ok\n", content_type="text/plain")
