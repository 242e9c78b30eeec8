"""Archives: made of a workspace, fetched, brought here, and restored in two steps."""

from typing import Any

from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import text
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reviewapp import access
from reviewapp.archives import catalog, reading, restoring, tickets
from reviewapp.errors import Invalid, Refused
from reviewapp.models import Archive, Workspace
from reviewapp.web import refusals
from reviewapp.web.pages import Request, draw, page_of

NEW = forms.PasswordInput({"autocomplete": "new-password"})


class PassphraseForm(forms.Form):
    """A passphrase, typed twice: whoever mistypes it would find out when it is too late."""

    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase"),
        strip=False,
        widget=NEW,
        help_text=text.format_lazy(
            gettext_lazy(
                "At least {least} characters; several words are best. It is kept nowhere: without it nobody can open "
                "the archive."
            ),
            least=catalog.LEAST_PASSPHRASE,
        ),
    )
    again = forms.CharField(label=gettext_lazy("The same again"), strip=False, widget=NEW)

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("passphrase"):
            raise forms.ValidationError(_("The two are not the same."))
        return again


class ReceiveForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Archive file"))


class OpenForm(forms.Form):
    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase"), strip=False, widget=forms.PasswordInput({"autocomplete": "off"})
    )


class RestoreForm(forms.Form):
    """What is to become of an archive that was opened."""

    ticket = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(label=gettext_lazy("Name of the workspace"), max_length=200)
    roles = forms.ChoiceField(
        label=gettext_lazy("Roles"),
        choices=[
            ("archived", gettext_lazy("As in the archive, for everybody who is here")),
            ("none", gettext_lazy("None: I become the only admin")),
        ],
        widget=forms.RadioSelect,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """The archives that the person may handle; those who may restore bring others here."""
    form = ReceiveForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            file = form.cleaned_data["file"]
            return redirect("archive-restore", catalog.receive(file, file.name, request.user).pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    context = {
        "form": form,
        "page": page_of(request, catalog.shown(request.user)),
        "restorer": request.user.has_perm("reviewapp.add_workspace"),
        "incoming": [path.name for path in catalog.waiting_outside()] if request.user.is_superuser else [],
        "folder": catalog.outside(),
        "days": settings.ARCHIVE_DAYS,
    }
    return render(request, "archives/index.html", context, status=422 if form.is_bound else 200)


@require_POST
def adopt(request: Request) -> HttpResponse:
    """Take in a file that an operator put into the folder on the server."""
    if not request.user.is_superuser:
        raise Refused(_("Only operators of this server take in files that lie on it."))
    named = {path.name: path for path in catalog.waiting_outside()}
    if (path := named.get(request.POST.get("name", ""))) is None:
        raise Invalid(_("There is no such file in the folder any more."))
    return redirect("archive-restore", catalog.adopt(path, request.user).pk)


@sensitive_post_parameters("passphrase", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def of_workspace(request: Request, pk: int) -> HttpResponse:
    """The workspace's archives, and a new one."""
    workspace = access.get(request.user, Workspace, pk, may="administer")
    form = PassphraseForm(request.POST or None)
    if form.is_valid():
        try:
            made = catalog.request(workspace, request.user, form.cleaned_data["passphrase"])
            return redirect("job", made.job_id)
        except Invalid as problem:
            refusals.tell(form, problem)
    page = page_of(request, catalog.shown(request.user, workspace.archives.all()))
    status = 422 if form.is_bound else 200
    return draw(
        request,
        "archives/of_workspace.html",
        workspace,
        form=form,
        page=page,
        days=settings.ARCHIVE_DAYS,
        status=status,
    )


@require_safe
@csp_update({"sandbox": True})  # type: ignore[arg-type] # it knows no request of ours
def download(request: Request, pk: int) -> FileResponse:
    archive = access.get(request.user, Archive, pk, may="administer")
    path = catalog.open_file(archive, request.user)
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=f"{archive.slug}.rvarchive")
    answer["Content-Type"] = "application/octet-stream"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def keep(request: Request, pk: int) -> HttpResponse:
    archive = access.get(request.user, Archive, pk, may="administer")
    until = catalog.keep_longer(archive, request.user)
    messages.success(request, _("The archive stays until %(until)s.") % {"until": f"{until:%d %B %Y}"})
    return _back(archive)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    archive = access.get(request.user, Archive, pk, may="administer")
    catalog.delete(archive, request.user)
    messages.success(request, _("The archive is deleted."))
    return _back(archive)


@sensitive_post_parameters("passphrase", "ticket")
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: Request, pk: int) -> HttpResponse:
    """First the passphrase; then what is inside, who is known, and the choices."""
    archive = access.get(request.user, Archive, pk, may="administer")
    catalog.require_restorer(request.user)
    if "ticket" in request.POST:
        return _chosen(request, archive)
    form = OpenForm(request.POST or None)
    if form.is_valid():
        try:
            return _opened(request, archive, reading.unlock(catalog.file_of(archive), form.cleaned_data["passphrase"]))
        except Invalid as problem:
            refusals.tell(form, problem)
    status = 422 if form.is_bound else 200
    return render(request, "archives/open.html", {"archive": archive, "form": form}, status=status)


def _chosen(request: Request, archive: Archive) -> HttpResponse:
    key = tickets.redeem(request.POST["ticket"], archive, request.user)
    form = RestoreForm(request.POST)
    if form.is_valid():
        try:
            wanted = {name: form.cleaned_data[name] for name in ("name", "roles")}
            return redirect("job", restoring.request(archive, request.user, key, **wanted).pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _opened(request, archive, key, form)


def _opened(request: Request, archive: Archive, key: bytes, form: RestoreForm | None = None) -> HttpResponse:
    contents = restoring.look(archive, request.user, key)
    initial = {
        "ticket": tickets.issue(archive, request.user, key),
        "name": contents.free_name,
        "roles": contents.default_roles,
    }
    context: dict[str, Any] = {
        "archive": archive,
        "contents": contents,
        "form": form or RestoreForm(initial=initial),
    }
    return render(request, "archives/restore.html", context, status=422 if form else 200)


def _back(archive: Archive) -> HttpResponse:
    return redirect("workspace-archives", archive.workspace_id) if archive.workspace_id else redirect("archives")
