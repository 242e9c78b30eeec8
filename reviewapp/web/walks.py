"""Training modes in addresses: ``?mode=teach&label=…`` says where the next document comes from."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from reviewapp.errors import Invalid
from reviewapp.models import Project
from training import modes
from training.modes import Walk


def asked(request: HttpRequest, project: Project, name: str = "") -> Walk | None:
    """The walk that the address names, or of the mode ``name`` with what the address adds; None where it names none.

    Raises :class:`Invalid` for a mode that there is not, or that the address does not tell enough.
    """
    name = name or request.GET.get("mode", "")
    if not name:
        return None
    cluster = request.GET.get("cluster", "")
    if cluster and not (cluster.isascii() and cluster.isdigit() and len(cluster) < 6):
        raise Invalid(_("A cluster is named by its number."), fields={"cluster": [_("A number.")]})
    return modes.walk(
        project,
        name,
        label=request.GET.get("label", ""),
        words=request.GET.get("words", ""),
        cluster=int(cluster) if cluster else None,
    )


def address(request: HttpRequest, project: Project) -> str:
    """The review page, going on in the mode that this address names."""
    walk = asked(request, project)
    return reverse("review", args=[project.pk]) + (f"?{urlencode(walk.asked)}" if walk else "")
