"""The people of a workspace and their roles."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from reviewapp import access
from reviewapp.domain import people
from reviewapp.errors import Invalid
from reviewapp.models import User, Workspace
from reviewapp.web import refusals
from reviewapp.web.pages import Request, draw, page_of

ROLES = {
    "viewer": gettext_lazy("reads documents, progress, jobs, model versions and the model library"),
    "auditor": gettext_lazy("as a viewer, and reads the audit trail"),
    "reviewer": gettext_lazy("as a viewer, and codes documents"),
    "developer": gettext_lazy("as a viewer, and pins model versions and runs streams"),
    "manager": gettext_lazy(
        "all of a reviewer and a developer; imports documents, makes and changes projects, starts "
        "trainings, keeps the model library"
    ),
    "admin": gettext_lazy("everything, also gives and takes roles"),
}


class MemberForm(forms.Form):
    username = forms.CharField(
        label=gettext_lazy("User name"), max_length=150, widget=forms.TextInput({"autocomplete": "off"})
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=[(role, gettext_lazy(role.capitalize())) for role in ROLES],
        initial="reviewer",
    )


CAN = dict(Workspace._meta.permissions)


class RightsForm(forms.Form):
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("Rights"),
        choices=[(right, gettext_lazy(CAN[codename])) for right, codename in access.RIGHTS.items() if codename in CAN],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Everybody here may look at the workspace, its projects and its jobs."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, pk: int) -> HttpResponse:
    """Everybody with a role; admins add people here."""
    workspace = access.get(request.user, Workspace, pk, may="administer" if request.method == "POST" else "view")
    form = MemberForm(request.POST or None)
    if form.is_valid():
        try:
            person = people.find(form.cleaned_data["username"])
            people.grant(workspace, person, form.cleaned_data["role"], request.user)
            messages.success(
                request,
                _("%(person)s is now %(role)s of this workspace.")
                % {"person": person, "role": _(form.cleaned_data["role"])},
            )
            return redirect("workspace-people", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    page = page_of(request, people.members(workspace))
    status = 422 if form.is_bound else 200
    return draw(request, "people/index.html", workspace, form=form, page=page, roles=ROLES, status=status)


@require_POST
def change(request: Request, pk: int, person: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk, may="administer")
    member = people.grant(workspace, _of(workspace, person), request.POST.get("role", ""), request.user)
    messages.success(
        request, _("%(user)s is now %(role)s of this workspace.") % {"user": member.user, "role": _(member.role)}
    )
    return redirect("workspace-people", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def rights(request: Request, pk: int, person: int) -> HttpResponse:
    """A person's rights, one by one."""
    workspace = access.get(request.user, Workspace, pk, may="administer")
    subject = _of(workspace, person)
    form = RightsForm(request.POST or None, initial={"rights": sorted(access.rights(subject, workspace))})
    if form.is_valid():
        member = people.grant_rights(workspace, subject, form.cleaned_data["rights"], request.user)
        messages.success(
            request, _("%(user)s now has these rights as %(role)s.") % {"user": member.user, "role": _(member.role)}
        )
        return redirect("workspace-people", pk)
    return draw(request, "people/rights.html", workspace, form=form, person=subject)


@require_POST
def remove(request: Request, pk: int, person: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk, may="administer")
    people.remove(workspace, removed := _of(workspace, person), request.user)
    messages.success(
        request,
        _("%(removed)s has no access to this workspace any more. What they coded stays.") % {"removed": removed},
    )
    return redirect(
        "workspaces" if removed == request.user else "workspace-people", *([] if removed == request.user else [pk])
    )


def _of(workspace: Workspace, person: int) -> User:
    """A member by primary key: people of other workspaces cannot be named here."""
    return get_object_or_404(User.objects.filter(pk__in=workspace.grants.values("user")), pk=person)
