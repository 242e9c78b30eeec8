"""Sharing ticked models: where to, what it would do there, and the warning that belongs to it."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from models_lib import shares
from models_lib.models import TrainedModel
from reviewapp import access
from reviewapp.errors import Invalid
from reviewapp.models import Workspace
from reviewapp.web.pages import Request, draw


@require_http_methods(["GET", "HEAD", "POST"])
def share(request: Request, pk: int) -> HttpResponse:
    """Choose workspaces for the models that were ticked, and ask for the copies."""
    origin = access.get(request.user, Workspace, pk)
    said, problem = request.POST if request.method == "POST" else request.GET, None
    models, chosen = _numbers(said, "model"), _numbers(said, "workspace")
    if request.method == "POST":
        try:
            job, left_out = shares.request(origin, request.user, models, chosen)
        except Invalid as refusal:
            problem = refusal
        else:
            if left_out:
                messages.warning(
                    request,
                    _("Not ready, so left out: %(value)s.") % {"value": ", ".join(model.name for model in left_out)},
                )
            return redirect("job", job.pk)
    ready, left_out = shares.part(shares.pick(origin, request.user, models))
    previews = shares.previews(ready, shares.targets(request.user, origin), request.user)
    shown = {"ready": ready, "left_out": left_out, "previews": previews, "chosen": chosen, "warning": shares.WARNING}
    return draw(request, "shares/share.html", origin, **shown, problem=problem, status=422 if problem else 200)


def _numbers(said: QueryDict, name: str) -> list[int]:
    """The keys that were ticked; what is no number is the key of nothing."""
    texts = said.getlist(name)
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts):
        raise access.not_found(TrainedModel if name == "model" else Workspace)
    return [int(text) for text in texts]
