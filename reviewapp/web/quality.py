"""Quality of a review: agreement and errors of people, what to decide, what does not fit, what was changed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reviewapp import access
from reviewapp.domain import coding, conflicts, projects, quality, second_looks
from reviewapp.domain.coding import Answer
from reviewapp.errors import Invalid
from reviewapp.models import Job, Project, SecondLook
from reviewapp.web import charts, refusals, texts
from reviewapp.web.pages import Request, draw, newest_window_of, page_of
from training.core.human_error import Pile

GROUPS = 10  # a page
MOST = 10**9


class DrawForm(forms.Form):
    positives = forms.IntegerField(label=gettext_lazy("Coded relevant"), min_value=0, max_value=MOST, initial=50)
    negatives = forms.IntegerField(label=gettext_lazy("Coded not relevant"), min_value=0, max_value=MOST, initial=200)


class PileForm(forms.Form):
    """A random sample of what nobody coded, so that recall can be said over everything."""

    pile = forms.IntegerField(label=gettext_lazy("Documents not coded"), min_value=0, max_value=MOST)
    sample = forms.IntegerField(label=gettext_lazy("Drawn from them"), min_value=1, max_value=MOST)
    positives = forms.IntegerField(label=gettext_lazy("Of these relevant"), min_value=0, max_value=MOST)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        if not self.errors and not told["positives"] <= told["sample"] <= told["pile"]:
            raise forms.ValidationError(
                _("The sample is part of the pile, and its relevant documents part of the sample.")
            )
        return told

    def told(self) -> Pile | None:
        """What was typed; None before somebody typed anything, or when it cannot be."""
        if not (self.is_bound and self.is_valid()):
            return None
        told = self.cleaned_data
        return Pile(told["pile"], told["sample"], told["positives"])


class AdjudicateForm(forms.Form):
    choice = forms.CharField(
        label=gettext_lazy("Choice"),
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, strip=False)


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, pk: int) -> HttpResponse:
    """What second looks say; managers draw documents for more of them here."""
    project = access.get(request.user, Project, pk, may="manage" if request.method == "POST" else "view")
    form = DrawForm(request.POST or None)
    if form.is_valid():
        try:
            drawn = second_looks.draw(project, request.user, **form.cleaned_data)
            messages.success(
                request,
                ngettext(
                    "%(n)s document will be looked at again by somebody else.",
                    "%(n)s documents will be looked at again by somebody else.",
                    drawn,
                )
                % {"n": drawn},
            )
            return redirect("project-quality", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    pile = PileForm(request.GET if "sample" in request.GET else None, initial={"pile": _uncoded(project)})
    return draw(
        request,
        "quality/index.html",
        project,
        status=422 if form.is_bound else 200,
        project=project,
        form=form,
        pile=pile,
        **_measured(project, pile.told()),
    )


@require_safe
def adjudicate(request: Request, pk: int) -> HttpResponse:
    """The next document with two different answers; the whole queue beside it."""
    project = access.get(request.user, Project, pk, may="manage")
    queue = second_looks.find(project, "open").order_by("pk")
    asked = request.GET.get("look", "")
    look = queue.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None
    look = look or queue.first()
    return draw(
        request,
        "quality/adjudicate.html",
        project,
        project=project,
        look=look,
        page=page_of(request, queue, GROUPS),
        field=projects.field(project),
        shown=texts.shown(request, look.item.document.text if look else ""),
        settled=second_looks.find(project, "settled").count(),
    )


@require_POST
def decide(request: Request, pk: int, look: int) -> HttpResponse:
    """Decide between the two answers."""
    project = access.get(request.user, Project, pk, may="manage")
    among = SecondLook.objects.select_related("item__document", "first", "second")
    found = access.get(request.user, SecondLook, look, among=among, project=project)
    form = AdjudicateForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Choose one of the answers."))
    completion = coding.adjudicate(project, found, request.user, Answer(**form.cleaned_data))
    messages.success(
        request,
        _("%(control_number)s is now “%(choice)s”.")
        % {"control_number": found.item.document.control_number, "choice": completion.choice},
    )
    return redirect("project-adjudicate", pk)


@require_safe
def against_rank(request: Request, pk: int) -> HttpResponse:
    rows = Project.objects.select_related("snapshot")
    project = access.get(request.user, Project, pk, among=rows)
    found = conflicts.against_rank(project)
    page = page_of(request, found if found is not None else [])
    return draw(request, "quality/rank.html", project, project=project, page=page, known=found is not None)


@require_safe
def copies(request: Request, pk: int) -> HttpResponse:
    """Near-duplicates that were coded differently, and the search that found them."""
    project = access.get(request.user, Project, pk)
    found = conflicts.different_copies(project)
    jobs = Job.objects.filter(project=project, kind=Job.Kind.GROUP)
    return draw(
        request,
        "quality/copies.html",
        project,
        project=project,
        page=page_of(request, found if found is not None else [], GROUPS),
        search=conflicts.newest_search(project),
        job=jobs.filter(state__in=Job.OPEN).first(),
        failed=jobs.order_by("-id").filter(state=Job.State.FAILED).first(),
    )


@require_POST
def search(request: Request, pk: int) -> HttpResponse:
    project = access.get(request.user, Project, pk, may="manage")
    conflicts.search_duplicates(project, request.user)
    return redirect("project-copies", pk)


@require_safe
def overturned(request: Request, pk: int) -> HttpResponse:
    project = access.get(request.user, Project, pk)
    others = "others" in request.GET
    changes = conflicts.overturned(project)
    window = newest_window_of(request, conflicts.by_others(changes) if others else changes)
    return draw(request, "quality/overturned.html", project, project=project, window=window, others=others)


def _measured(project: Project, pile: Pile | None) -> dict[str, Any]:
    agreed, recall = quality.agreed(project), quality.recall(project, pile)
    return {
        "waiting": second_looks.waiting(project),
        "agreed": agreed,
        "rows": list(zip(agreed.labels, agreed.table, strict=True)),
        "coders": quality.coders(project),
        "evidence": quality.coded(project),
        "recall": recall,
        "over": pile,
        "charts": [chart for chart in (charts.agreement(agreed), charts.recall(recall) if recall else None) if chart],
    }


def _uncoded(project: Project) -> int:
    return max(project.documents - project.coded, 0)
