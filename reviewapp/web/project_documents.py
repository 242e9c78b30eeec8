"""The documents of a project: found, and each with its text, its rank and its whole history."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from reviewapp import access
from reviewapp.domain import coding, documents, downloads, items, leases, people, projects, second_looks, verdicts
from reviewapp.domain.coding import Answer
from reviewapp.domain.items import Wanted
from reviewapp.errors import Invalid
from reviewapp.models import Completion, Project, ProjectDocument, Reason, User, Workspace
from reviewapp.web import columns, texts, views
from reviewapp.web.columns import Heading
from reviewapp.web.pages import Request, draw, page_of
from reviewapp.web.words import called

STATES = [
    ("", gettext_lazy("Any state")),
    ("unreviewed", gettext_lazy("Not reviewed")),
    ("positive", gettext_lazy("Relevant")),
    ("negative", gettext_lazy("Not relevant")),
    ("neutral", gettext_lazy("Neutral")),
    ("skipped", gettext_lazy("Skipped")),
    ("checked_out", gettext_lazy("Checked out now")),
]
ORDERS = [
    ("highest", gettext_lazy("Highest rank first")),
    ("lowest", gettext_lazy("Lowest rank first")),
    ("control_number", gettext_lazy("Control number")),
    ("-control_number", gettext_lazy("Control number, last first")),
    ("imported", gettext_lazy("As imported")),
    ("latest", gettext_lazy("Latest decision first")),
    ("earliest", gettext_lazy("Earliest decision first")),
]
MOST_ROWS = 10_000  # of a file that is written while it is sent; more are a job's work
ROWS_AT_A_TIME = 500


class Filter(forms.Form):
    """What to look for among a project's documents; every field may stay empty."""

    words = forms.CharField(
        required=False,
        label=gettext_lazy("Search"),
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Words or control number")}),
    )
    state = forms.ChoiceField(required=False, label=gettext_lazy("State"), choices=STATES)
    reviewer = forms.TypedChoiceField(required=False, label=gettext_lazy("Reviewer"), coerce=int, empty_value=None)
    tag = forms.CharField(
        required=False, label=gettext_lazy("Tag"), widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Tag")})
    )
    reason = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Served because"),
        choices=[("", gettext_lazy("Any reason")), *called(Reason)],
    )
    lowest = forms.FloatField(required=False, label=gettext_lazy("Rank from"), min_value=0, max_value=100)
    highest = forms.FloatField(required=False, label=gettext_lazy("to"), min_value=0, max_value=100)
    order = forms.ChoiceField(required=False, label=gettext_lazy("Order"), choices=ORDERS)

    def __init__(self, project: Project, data: Any) -> None:
        super().__init__(data)
        field = self.fields["reviewer"]
        assert isinstance(field, forms.TypedChoiceField)
        members = people.members(project.workspace)
        field.choices = [("", _("Anybody")), *((str(member.user.pk), str(member.user)) for member in members)]
        self._ordinarily = "highest" if project.snapshot_id else "imported"

    def wanted(self) -> Wanted:
        """What was asked for; what cannot be read is left out, and the field says so."""
        told = getattr(self, "cleaned_data", {})
        given = {name: value for name, value in told.items() if value not in ("", None)}
        return Wanted(**({"order": self._ordinarily} | given))


class RecodeForm(forms.Form):
    choice = forms.CharField()
    note = forms.CharField(required=False, strip=False)
    revision = forms.IntegerField(min_value=0)


class VerdictForm(forms.Form):
    completion = forms.IntegerField()
    verdict = forms.ChoiceField(
        label=gettext_lazy("Verdict"), choices=[("accept", gettext_lazy("Accept")), ("reject", gettext_lazy("Reject"))]
    )
    comment = forms.CharField(required=False)


class DownloadForm(forms.Form):
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[
            ("csv", gettext_lazy("CSV, for a spreadsheet: no cell can act as a formula")),
            ("jsonl", gettext_lazy("JSON lines, exact")),
        ],
        widget=forms.RadioSelect,
        initial="csv",
    )
    texts = forms.BooleanField(required=False, label=gettext_lazy("With the texts of the documents"))
    coded_only = forms.BooleanField(required=False, label=gettext_lazy("Only documents with a decision"))


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    project = access.get(request.user, Project, pk)
    if not project.is_review:
        return redirect("tasks", pk)
    own = views.listed(request, project)
    if own.opening and not request.GET:
        return redirect(own.opening)
    form = Filter(project, request.GET)
    form.is_valid()
    wanted = form.wanted()
    page = page_of(request, items.find(project, wanted))
    page.object_list = items.blinded(page.object_list, request.user)
    narrowed = any(value for name, value in vars(wanted).items() if name != "order")
    shown = columns.shown(columns.OF_PROJECT, request.GET)
    return draw(
        request,
        "project_documents/index.html",
        project,
        project=project,
        form=form,
        page=page,
        wanted=wanted,
        narrowed=narrowed,
        headings=[Heading(column, wanted.order) for column in (columns.DOCUMENT, *shown)],
        columns=shown,
        offered=columns.offered(columns.OF_PROJECT, documents.metadata_names(project.workspace), shown),
        views=own,
        most_rows=MOST_ROWS,
        download=DownloadForm(),
    )


@require_safe
def table(request: Request, pk: int) -> HttpResponseBase:
    """What the list shows, with the same columns, as a file: every page of it."""
    project = projects.require(access.get(request.user, Project, pk), Project.Kind.REVIEW)
    form = Filter(project, request.GET)
    form.is_valid()
    shown = columns.shown(columns.OF_PROJECT, request.GET)
    found = items.find(project, form.wanted())
    pieces = (found[start : start + ROWS_AT_A_TIME] for start in range(0, min(len(found), MOST_ROWS), ROWS_AT_A_TIME))
    rows = (columns.cells_of_row(shown, row) for piece in pieces for row in items.blinded(piece, request.user))
    return columns.as_csv("documents", shown, rows)


@require_safe
def show(request: Request, pk: int, document: int) -> HttpResponse:
    """One document: its text, where it stands, and everything that was said about it."""
    project = access.get(request.user, Project, pk)
    if not project.is_review:
        return redirect("task", pk, document)
    return _page(request, project, coding.place(project, document))


@require_POST
def download(request: Request, pk: int) -> HttpResponse:
    """Ask for a file of the documents with their coding, and go to the job that writes it."""
    project = access.get(request.user, Project, pk, may="manage")
    asked = _read(DownloadForm(request.POST))
    return redirect("job", downloads.request(project, request.user, asked.pop("format"), **asked).pk)


@require_POST
def recode(request: Request, pk: int, document: int) -> HttpResponse:
    """Change the decision that the person saw; another one meanwhile is a conflict."""
    project = access.get(request.user, Project, pk, may="review")
    item = coding.place(project, document)
    told = _read(RecodeForm(request.POST))
    answer = Answer(choice=told["choice"], note=told["note"])
    completion = coding.recode(project, item, request.user, answer, told["revision"])
    messages.success(request, _("The decision is now “%(choice)s”.") % {"choice": completion.choice})
    return redirect("document", pk, document)


@require_POST
def take(request: Request, pk: int, document: int) -> HttpResponse:
    """Put this document into the reviewer's hands and go to the review page."""
    project = access.get(request.user, Project, pk, may="review")
    leases.open_document(project, coding.place(project, document), request.user)
    return redirect("review", pk)


@require_POST
def decide(request: Request, pk: int, document: int) -> HttpResponse:
    """Accept or reject one completion."""
    project = access.get(request.user, Project, pk, may="review")
    told = _read(VerdictForm(request.POST))
    item = coding.place(project, document)
    completion = access.get(request.user, Completion, told["completion"], item=item, project=project)
    verdicts.decide(completion, request.user, accepted=told["verdict"] == "accept", comment=told["comment"])
    messages.success(
        request,
        (
            _("%(reviewer)s’s answer is accepted.")
            if told["verdict"] == "accept"
            else _("%(reviewer)s’s answer is rejected.")
        )
        % {"reviewer": completion.reviewer},
    )
    return redirect("document", pk, document)


@require_POST
def assign(request: Request, pk: int, document: int) -> HttpResponse:
    """Make somebody, or nobody, the checker of this document."""
    project = access.get(request.user, Project, pk, may="manage")
    coding.place(project, document)
    name = request.POST.get("checker", "")
    checker = people.find(name) if name else None
    verdicts.assign(project, [document], checker, request.user)
    messages.success(
        request,
        _("%(checker)s checks this document.") % {"checker": checker} if checker else _("Nobody checks this document."),
    )
    return redirect("document", pk, document)


def _page(request: Request, project: Project, item: ProjectDocument) -> HttpResponse:
    blind = second_looks.hidden_from(item, request.user)
    [row] = items.blinded([items.Row(item, items.rank(project, item))], request.user)
    history = [] if blind else items.history(item)
    rights = access.rights(request.user, project.workspace)
    own = item.current is not None and item.current.reviewer_id == request.user.pk
    holder = items.holder(item)
    return draw(
        request,
        "project_documents/show.html",
        project,
        project=project,
        item=item,
        shown=texts.shown(request, item.document.text),
        rank=row.rank,
        blind=blind,
        holder=holder,
        history=history,
        field=projects.field(project),
        recodable=(
            "review" in rights
            and not blind
            and (item.current is None or own or "manage" in rights)
            and holder in (None, request.user)
        ),
        checks="manage" in rights or item.checker_id == request.user.pk,
        checkers=_checkers(project.workspace) if "manage" in rights else [],
    )


def _checkers(workspace: Workspace) -> list[User]:
    return [member.user for member in people.members(workspace) if "review" in member.rights]


def _read(form: forms.Form) -> dict[str, Any]:
    """What the form says; raises :class:`Invalid` for one that our own pages do not send."""
    if not form.is_valid():
        raise Invalid(_("This form cannot be read. Go back, reload the page and send it again."))
    return form.cleaned_data
