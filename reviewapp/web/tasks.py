"""The tasks of an annotation project: found, assigned, read, judged, talked about."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from reviewapp import access
from reviewapp.domain import annotating, assignments, coding, documents, people, tasks, trainings, verdicts
from reviewapp.errors import Invalid
from reviewapp.labeling import answers
from reviewapp.models import Completion, Document, Project, ProjectDocument, User
from reviewapp.web import marking
from reviewapp.web.kinds import annotation_project
from reviewapp.web.pages import Request, draw, page_of
from reviewapp.web.words import called

SHOWN = 200  # spans of a completion that a task page lists
AT_ONCE = 10_000


class Filter(forms.Form):
    """What to look for among the tasks; every field may stay empty."""

    words = forms.CharField(
        required=False,
        label=gettext_lazy("Search"),
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Words, number, label:Part")}),
    )
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("Any state")), *called(tasks.State)],
    )
    annotator = forms.TypedChoiceField(required=False, label=gettext_lazy("Annotator"), coerce=int, empty_value=None)
    checker = forms.TypedChoiceField(required=False, label=gettext_lazy("Reviewer"), coerce=int, empty_value=None)
    tag = forms.CharField(
        required=False, label=gettext_lazy("Tag"), widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Tag")})
    )

    def __init__(self, data: Any, team: list[User]) -> None:
        super().__init__(data)
        for name, anybody in (("annotator", _("Any annotator")), ("checker", _("Any reviewer"))):
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = [("", anybody), *((str(person.pk), str(person)) for person in team)]

    def wanted(self, own: User | None, viewer: User) -> tasks.Wanted:
        """What was asked for; what cannot be read is left out."""
        told = getattr(self, "cleaned_data", {})
        return tasks.Wanted(
            own=own, viewer=viewer, **{name: value for name, value in told.items() if value not in ("", None)}
        )


class ChangeForm(forms.Form):
    """What to do with the ticked tasks."""

    document = forms.TypedMultipleChoiceField(coerce=int, required=False)
    change = forms.ChoiceField(
        choices=[(name, name) for name in ("assign", "deal", "withdraw", "checker", "preannotate", "tag", "untag")],
    )
    person = forms.CharField(required=False)
    tags = forms.CharField(required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        field = self.fields["document"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(said, said) for said in data.getlist("document")[:AT_ONCE] if said.isdecimal()]


@require_safe
def home(request: Request, pk: int) -> HttpResponse:
    """How far the annotation is: for the team, and for whoever looks."""
    project = annotation_project(request, pk)
    own = tasks.counts(project, request.user)
    return draw(
        request,
        "annotation/home.html",
        project,
        project=project,
        counts=_labeled(tasks.counts(project)),
        own=_labeled(own),
        mine=sum(own.values()),
        to_correct=own[tasks.State.TO_CORRECT],
        waiting=max(project.completions - project.counted, 0),
    )


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    """The tasks that match, with who works on them; ``?view=own`` shows a person's own work (2.2.5)."""
    project = annotation_project(request, pk)
    rights = access.rights(request.user, project.workspace)
    own = request.GET.get("view", "own" if "manage" not in rights and "review" in rights else "all") == "own"
    team = _team(project)
    form = Filter(request.GET, team)
    form.is_valid()
    wanted = form.wanted(request.user if own else None, request.user)
    page = page_of(request, tasks.find(project, wanted))
    narrowed = any(value for name, value in vars(wanted).items() if name not in ("own", "viewer"))
    context: dict[str, Any] = {
        "project": project,
        "form": form,
        "page": page,
        "own": own,
        "narrowed": narrowed,
        "team": team,
        "deployed": trainings.deployed(project),
    }
    return draw(request, "annotation/tasks.html", project, **context)


@require_safe
def show(request: Request, pk: int, document: int) -> HttpResponse:
    """One task: what each annotator said, the verdicts on it, and the talk about it."""
    project = annotation_project(request, pk)
    item = coding.place(project, document)
    row = tasks.find(project, tasks.Wanted()).get(pk=item.pk)
    completions = [_read(completion) for completion in tasks.seen_by(item, request.user)]
    drawn = _drawn(completions, request.GET.get("completion", ""))
    result = _result(drawn["completion"]) if drawn else []
    rights = access.rights(request.user, project.workspace)
    return draw(
        request,
        "annotation/task.html",
        project,
        project=project,
        item=item,
        task=row,
        state=tasks.State(row.state),
        completions=completions,
        drawn=drawn,
        marked=marking.marked(item.document.text, result, annotating.config(project)),
        checks="manage" in rights or item.checker_id == request.user.pk,
        opens="review" in rights and ("manage" in rights or _is_open_to(row, request.user)),
        comments=item.comments.select_related("author"),
        team=_team(project),
    )


@require_POST
def change(request: Request, pk: int) -> HttpResponse:
    """Assign, take back, check or tag the ticked tasks, and go back to the list."""
    project = annotation_project(request, pk, may="manage")
    form = ChangeForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["document"]:
        raise Invalid(_("Tick at least one task, and choose what to do with it."))
    told = form.cleaned_data
    chosen: list[int] = told["document"]
    match told["change"]:
        case "assign":
            number = assignments.assign(project, chosen, [people.find(told["person"])], request.user)
            messages.success(
                request,
                _("%(tasks)s newly assigned to %(person)s.") % {"tasks": _tasks(number), "person": told["person"]},
            )
        case "deal":
            number = assignments.assign(project, chosen, _team(project), request.user, each=1)
            messages.success(
                request, _("%(tasks)s dealt out to the team, one person each.") % {"tasks": _tasks(number)}
            )
        case "withdraw":
            number = assignments.withdraw(project, chosen, [people.find(told["person"])], request.user)
            messages.success(
                request,
                _("%(tasks)s taken back from %(person)s.") % {"tasks": _tasks(number), "person": told["person"]},
            )
        case "checker":
            checker = people.find(told["person"]) if told["person"] else None
            number = verdicts.assign(project, chosen, checker, request.user)
            messages.success(
                request,
                _("%(tasks)s reviewed by %(checker)s from now on.")
                % {"tasks": _tasks(number), "checker": checker or _("nobody")},
            )
        case "preannotate":
            trainings.preannotate(project, request.user, chosen)
            messages.success(
                request,
                _("%(tasks)s to be pre-annotated. Training shows how far that is.") % {"tasks": _tasks(len(chosen))},
            )
        case _:
            _tag(request, project, chosen, told["tags"], add=told["change"] == "tag")
    return redirect("tasks", pk)


@require_POST
def take(request: Request, pk: int, document: int) -> HttpResponse:
    """Put this document into the annotator's hands and go to the desk."""
    project = annotation_project(request, pk, may="review")
    annotating.open_document(project, coding.place(project, document), request.user)
    return redirect("annotate", pk)


@require_POST
def comment(request: Request, pk: int, document: int) -> HttpResponse:
    """Say something about the task."""
    project = annotation_project(request, pk, may="review")
    tasks.comment(coding.place(project, document), request.user, request.POST.get("text", ""))
    return redirect("task", pk, document)


def _labeled(counts: dict[str, int]) -> list[tuple[tasks.State, int]]:
    return [(tasks.State(state), number) for state, number in counts.items()]


def _team(project: Project) -> list[User]:
    return [member.user for member in people.members(project.workspace) if "review" in member.rights]


def _is_open_to(row: ProjectDocument, person: User) -> bool:
    works = {work.annotator_id: work for work in row.assignments.all()}
    mine = works.get(person.pk)
    return not works or (mine is not None and mine.state != "accepted")


def _result(completion: Completion) -> list[dict[str, Any]]:
    return list(completion.annotation.result) if hasattr(completion, "annotation") else []


def _drawn(completions: list[dict[str, Any]], asked: str) -> dict[str, Any] | None:
    """Whose spans are drawn in the text: those asked for, else the newest that stand, else the newest."""
    chosen = [read for read in completions if str(read["completion"].pk) == asked]
    standing = [read for read in completions if read["stands"]]
    return next(iter([*chosen, *standing, *completions]), None)


def _read(completion: Any) -> dict[str, Any]:
    """A completion as the page lists it: its spans with what is said about each, its choices, its relations."""
    result = _result(completion)
    kept = getattr(completion, "annotation", None)
    found = list(answers.spans(result))
    by_name = {region["id"]: region for region in found}
    told: dict[str, list[str]] = {}
    for one in result:
        if one["type"] == "choices" and one["id"] in by_name:
            told.setdefault(one["id"], []).append(f"{one['from_name']}: {', '.join(one['value']['choices'])}")
    return {
        "completion": completion,
        "stands": hasattr(completion, "assignment"),
        "overwritten": kept is not None and kept.overwritten,
        "came": kept.rest if kept is not None else None,
        "spans": [(region["value"], told.get(region["id"], [])) for region in found[:SHOWN]],
        "more": max(len(found) - SHOWN, 0),
        "choices": [one for one in result if one["type"] == "choices" and one["id"] not in by_name],
        "relations": [
            (by_name[one["from_id"]]["value"]["text"], ", ".join(one["labels"]), by_name[one["to_id"]]["value"]["text"])
            for one in result
            if one["type"] == "relation"
        ],
    }


def _tag(request: Request, project: Project, chosen: list[int], said: str, *, add: bool) -> None:
    rows = Document.objects.filter(pk__in=chosen, places__project=project)
    names = [name.strip() for name in said.split(",") if name.strip()]
    verb = documents.add_tags if add else documents.remove_tags
    number = verb(project.workspace, rows, names, request.user)
    messages.success(request, (_("%(tasks)s tagged.") if add else _("%(tasks)s untagged.")) % {"tasks": _tasks(number)})


def _tasks(number: int) -> str:
    return ngettext("%(n)s task", "%(n)s tasks", number) % {"n": number}
