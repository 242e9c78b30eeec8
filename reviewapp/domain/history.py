"""The history of a workspace's active learning: closed projects as they were at their end (R-01).

A record is plain data, made once by :data:`PARTS` and never changed; it outlives its project until a purge. A new part
is one more entry there, with a template ``history/_<part>.html`` and its name in :data:`SHOWN`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from models_lib.models import ModelVersion
from reviewapp import labeling
from reviewapp.domain import people, statistics
from reviewapp.domain.statistics import RankDistribution, Reading, Served
from reviewapp.errors import Unavailable
from reviewapp.models import ClosedProject, Project, StoppingLook, StoppingPlan, User, ValidationRound, Workspace

ROUND = ("number", "kind", "state", "confidence", "cutoff", "version", "result")
LOOK = ("rule", "verdict", "figures", "coded", "documents")
# After figures and charts, in this order.
SHOWN = (
    "validation",
    "stopping",
    "settings",
    "members",
    "reviewers",
    "versions",
    "exports",
)


def of(workspace: Workspace) -> QuerySet[ClosedProject]:
    """The workspace's complete, archived and removed projects, the last closed first."""
    return workspace.closed_projects.select_related("project", "closed_by").order_by("-id")


def keep(project: Project, by: User | None) -> ClosedProject:
    """Freeze the project as it is now, unless that was done before; call it in the transaction that closes it."""
    known = ClosedProject.objects.filter(project=project).first()
    if known is not None:
        return known
    record = {name: part(project) for name, part in PARTS.items()}
    return ClosedProject.objects.create(
        workspace=project.workspace, project=project, name=project.name, record=record, closed_by=by
    )


def reading(record: Mapping[str, Any]) -> Reading:
    """The coded documents in reading order, as they were at the end."""
    kept = record["reading"]
    return Reading(kept["size"], tuple(tuple(Served(*served) for served in window) for window in kept["windows"]))


def ranks(record: Mapping[str, Any]) -> RankDistribution | None:
    """Documents by rank, as they were at the end."""
    kept = record["ranks"]
    if kept is None:
        return None
    states = {name: tuple(counts) for name, counts in kept["states"].items()}
    return RankDistribution(kept["version"], kept["documents"], states)


def rounds(record: Mapping[str, Any]) -> list[ValidationRound]:
    """The validation rounds as they were kept: rows of no table."""
    return [ValidationRound(**{name: kept[name] for name in ROUND}) for kept in record["validation"]]


def looks(record: Mapping[str, Any]) -> list[StoppingLook]:
    """The last look at each stopping rule as it was kept: rows of no table."""
    return [StoppingLook(**{name: kept[name] for name in LOOK}) for kept in record["stopping"]["looks"]]


def _settings(project: Project) -> Sequence[tuple[str, str]]:
    """What was set, in words."""
    model, index = project.linked_model, project.index
    return [
        *_asked(project),
        ("Instructions", project.instructions),
        ("Documents", ", ".join(project.document_tags) or "all of the workspace"),
        ("Queue", project.get_queue_display()),
        ("Random control", f"{100 * project.control_share:g} %"),
        ("A training after every", f"{project.every_n:,} decisions"),
        ("Of several completions", project.get_completion_choice_display()),
        ("Training filter", project.get_training_filter_display()),
        ("Linked model", f"{model.name} ({model.guid})" if model else "none"),
        ("Index", f"no. {index.number}, {index.documents:,} documents" if index else "none"),
        ("Made", f"{project.created_at:%Y-%m-%d} by {project.created_by.username}"),
    ]


def _asked(project: Project) -> Sequence[tuple[str, str]]:
    """The question of a review with its answers, or all that an annotator could say."""
    if project.is_review:
        field = labeling.parse(project.labeling_config)
        answers = ", ".join(f"{choice.value} ({choice.role})" for choice in field.choices)
        return [("Question", field.name), ("Answers", answers)]
    config = labeling.stored(project.labeling_config)
    labels = [(labels.name, ", ".join(label.value for label in labels.labels)) for labels in config.label_sets]
    return labels + [(group.name, ", ".join(group.values)) for group in config.groups]


def _kind(project: Project) -> str:
    return project.kind


def _progress(project: Project) -> Mapping[str, int]:
    names = ("documents", "positives", "negatives", "neutrals", "skipped", "coded", "completions")
    return {name: getattr(project, name) for name in names}


def _members(project: Project) -> Sequence[Mapping[str, str]]:
    """Everybody with a role in the workspace."""
    found = people.members(project.workspace)
    return [{"username": m.user.username, "name": m.user.get_full_name(), "role": m.role} for m in found]


def _reviewers(project: Project) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "username": each.user.username,
            "coded": each.coded,
            "positives": each.positives,
            "skipped": each.skipped,
            "overturned": each.overturned,
            "pace": each.pace,
        }
        for each in statistics.reviewers(project)
    ]


def _reading(project: Project) -> Mapping[str, Any]:
    found = statistics.reading(project)
    windows = [[[served.reason, served.documents, served.positives] for served in window] for window in found.windows]
    return {"size": found.size, "windows": windows}


def _ranks(project: Project) -> Mapping[str, Any] | None:
    try:
        found = statistics.rank_distribution(project)
    except Unavailable:  # the snapshot's files are gone; the rest is still worth keeping
        return None
    if found is None:
        return None
    return {"version": found.version, "documents": found.documents, "states": dict(found.states)}


def _validation(project: Project) -> Sequence[Mapping[str, Any]]:
    """Every round with the figures that its sample showed."""
    return [
        {
            **{name: getattr(round_, name) for name in ROUND},
            "started_at": round_.created_at.isoformat(timespec="seconds"),
            "by": round_.created_by.username,
        }
        for round_ in project.validation_rounds.select_related("created_by").order_by("-number")
    ]


def _stopping(project: Project) -> Mapping[str, Any]:
    """What was to be proven, and what each rule said when somebody last looked."""
    plan = StoppingPlan.objects.filter(project=project).first()
    looks = project.stopping_looks.order_by("rule", "-id").distinct("rule").select_related("by")
    return {
        "target": plan and plan.target,
        "confidence": plan and plan.confidence,
        "looks": [
            {
                **{name: getattr(look, name) for name in LOOK},
                "at": look.at.isoformat(timespec="seconds"),
                "by": look.by.username,
            }
            for look in looks
        ],
    }


def _versions(project: Project) -> Sequence[Mapping[str, Any]]:
    return [_version(version) for version in project.versions.order_by("-number")]


def _version(version: ModelVersion) -> Mapping[str, Any]:
    names = ("number", "kind", "positives", "negatives", "completions", "digest", "artifact")
    return {
        **{name: getattr(version, name) for name in names},
        "trained_at": version.created_at.isoformat(timespec="seconds"),
        "source": version.get_source_display(),
        "average_precision": version.metrics.get("average_precision"),
    }


def _exports(project: Project) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "name": model.name,
            "guid": str(model.guid),
            "status": str(model.status.label),
            "documents": model.documents,
            "exported_at": model.created_at.isoformat(timespec="seconds"),
            "by": model.created_by.username if model.created_by else "",
        }
        for model in project.exports.select_related("job", "created_by").order_by("-id")
    ]


PARTS: Mapping[str, Callable[[Project], Any]] = {
    "kind": _kind,
    "settings": _settings,
    "progress": _progress,
    "members": _members,
    "reviewers": _reviewers,
    "reading": _reading,
    "ranks": _ranks,
    "validation": _validation,
    "stopping": _stopping,
    "versions": _versions,
    "exports": _exports,
}
