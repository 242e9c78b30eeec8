"""What a report says, section by section, as plain data: drawn as a page and as a PDF from the very same record.

A new part of the product adds a function to :data:`SECTIONS`. It gets the project and gives a :class:`Section`, or None
when it has nothing to say yet. Every fact and table names the page it comes from.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils import timezone

from models_lib.models import TrainingInputs
from reviewapp.domain import chain, conflicts, people, projects, quality, second_looks, statistics
from reviewapp.errors import Unavailable
from reviewapp.models import AuditEvent, Completion, Project, Reason, User
from reviewapp.web import charts, report_proofs
from reviewapp.web.report_parts import Fact, Section, Table
from training.core.agreement import Estimate

MOST = 40  # rows of a table that grows with the review
FORMAT = 1  # of the record
VERSIONS = (
    "Each digest is taken over everything that a version was trained on: the completions and their answers, the index, "
    "the parameters and the versions of the libraries. Equal inputs give equal digests and the same model."
)
SAMPLES = (
    "Documents served at random — random control, and index health before the first model — are the only part of the "
    "coded documents that is not chosen by rank."
)
LOOKS = (
    "Second looks are blind. All intervals are at 95 %; how each was made stands beside it. The correction assumes "
    "that the looks are a random part of each kind of decision, that a second answer does not depend on the first "
    "given what the document is, and that decisions between different answers are right."
)
VERIFY = (
    "manage.py verify_audit --head {} reads the whole trail again and names every event that was altered, dropped or "
    "swapped since."
)
LABELS = {
    "queue": "Order of the documents",
    "every_n": "Trained after so many decisions",
    "control_share": "Drawn at random",
    "second_look_share": "Looked at again by somebody else",
    "completion_choice": "Of several answers trains",
    "training_filter": "Trained on",
    "document_tags": "Only documents tagged",
}


def record(project: Project, by: User | None, address: str) -> dict[str, Any]:
    """Everything that the report says, as of now."""
    sections = [section for make in SECTIONS if (section := make(project)) is not None]
    return {
        "format": FORMAT,
        "project": project.name,
        "workspace": project.workspace.name,
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "made_by": by.username if by else "",
        "address": address,
        "sections": [asdict(section) for section in sections],
    }


def summary(project: Project) -> Section:
    progress, home = statistics.progress(project), _page("project", project)
    documents = _page("project-documents", project)
    counts = (
        ("Documents", progress.documents, documents),
        ("Coded", progress.coded, documents),
        ("Relevant", progress.positives, f"{documents}?state=positive"),
        ("Not relevant", progress.negatives, f"{documents}?state=negative"),
        ("Neutral", progress.neutrals, f"{documents}?state=neutral"),
        ("Skipped", progress.skipped, f"{documents}?state=skipped"),
        ("Not reviewed", progress.open, f"{documents}?state=unreviewed"),
    )
    facts = [Fact(label, f"{count:,}", source) for label, count, source in counts]
    version = str(project.version) if project.version else "none"
    state = str(project.get_state_display())
    return Section(
        "summary",
        "The review at a glance",
        home,
        facts=[
            *facts,
            Fact("Share coded", f"{progress.share:.1f} %", home),
            Fact("Model version", version, home),
            Fact("State", state, home),
        ],
    )


def settings(project: Project) -> Section:
    source = _page("project-settings", project)
    said = {name: getattr(project, name) for name in LABELS}
    said["control_share"], said["second_look_share"] = (
        f"{100 * said[name]:g} %" for name in ("control_share", "second_look_share")
    )
    for name in ("queue", "completion_choice", "training_filter"):
        said[name] = getattr(project, f"get_{name}_display")()
    said["document_tags"] = ", ".join(project.document_tags) or "any"
    question = projects.field(project)
    rows = [(choice.value, choice.role, choice.hotkey or "–") for choice in question.choices]
    return Section(
        "settings",
        "Settings",
        source,
        text=[project.instructions] if project.instructions else [],
        facts=[Fact(label, str(said[name]), source) for name, label in LABELS.items()],
        tables=[Table(f"Answers to “{question.name}”", ("Answer", "Means", "Key"), rows, source)],
    )


def team(project: Project) -> Section:
    roles = reverse("workspace-people", args=[project.workspace_id])
    members = [
        (member.user.username, member.user.get_full_name(), member.role) for member in people.members(project.workspace)
    ]
    home, documents = _page("project", project), _page("project-documents", project)
    coded = [
        (
            str(reviewer.user),
            f"{reviewer.coded:,}",
            f"{reviewer.rate:.1f} %",
            f"{reviewer.skipped:,}",
            f"{reviewer.pace:,.0f}" if reviewer.pace else "–",
            f"{reviewer.overturned:,}",
        )
        for reviewer in statistics.reviewers(project)
    ]
    head = ("Reviewer", "Coded", "Relevant", "Skipped", "An hour", "Overturned")
    return Section(
        "people",
        "People",
        roles,
        tables=[
            Table("Roles in the workspace now", ("User name", "Name", "Role"), members, roles),
            Table("Who coded", head, coded, documents if coded else home, numbers=(1, 2, 3, 4, 5)),
        ],
    )


def versions(project: Project) -> Section | None:
    newest, home = statistics.versions(project, MOST), _page("project", project)
    if not newest:
        return None
    rows = [
        (
            str(version),
            f"{timezone.localtime(version.created_at):%Y-%m-%d %H:%M}",
            str(version.get_source_display()),
            f"{version.positives:,}",
            f"{version.negatives:,}",
            version.digest[:16],
        )
        for version in newest
    ]
    inputs = TrainingInputs.objects.get(version=newest[0]).record
    used = [*inputs["libraries"].items(), *inputs["parameters"].items()]
    return Section(
        "versions",
        "Model versions",
        home,
        text=[VERSIONS],
        tables=[
            Table(
                f"The newest {len(rows)} of {project.versions.count():,}",
                ("Version", "Trained", "Started by", "Relevant", "Not relevant", "Digest"),
                rows,
                home,
                numbers=(3, 4),
            ),
            Table(
                f"What {newest[0]} was made with", ("Part", "Value"), [(name, str(value)) for name, value in used], home
            ),
        ],
    )


def progress(project: Project) -> Section:
    home, reading = _page("project", project), statistics.reading(project)
    drawn = [charts.gain_curve(reading), charts.relevance_rate(reading), _ranks(project)]
    served = [
        (served.label, f"{served.documents:,}", f"{served.positives:,}", f"{served.rate:.1f} %")
        for served in reading.by_reason()
    ]
    return Section(
        "progress",
        "Progress and samples",
        home,
        text=[SAMPLES],
        tables=[
            Table(
                "Why documents were served",
                ("Reason", "Coded", "Relevant", "Relevance rate"),
                served,
                home,
                numbers=(1, 2, 3),
            )
        ],
        charts=[charts.as_record(chart) for chart in drawn if chart],
    )


def agreement(project: Project) -> Section:
    source, agreed = _page("project-quality", project), quality.agreed(project)
    measures, waiting, found = agreed.measures, second_looks.waiting(project), quality.recall(project)
    facts = [
        Fact("Coded by two people", f"{measures.documents:,}", source),
        Fact("Waiting for a second look", f"{waiting.wanted:,}", source),
        Fact("Different answers not decided", f"{waiting.open:,}", source),
    ]
    drawn = [charts.agreement(agreed)]
    if measures.documents:
        facts += [
            _share("Same answer", measures.percent, source),
            _figure("Cohen's kappa", measures.kappa, source),
            _figure("Krippendorff's alpha", measures.alpha, source),
        ]
    if found:
        drawn.append(charts.recall(found))
        facts += [
            _share("Recall of what was coded, as coded", found.as_coded, source),
            _share("Recall of what was coded, corrected", found.corrected, source),
            _share("Right when coded relevant", found.precision, source),
            _share("Wrong when coded not relevant", found.omission, source),
            _share("Miss rate of a second look", found.miss_rate, source),
            _share("False alarm rate of a second look", found.false_alarm_rate, source),
        ]
    pairs = [
        (str(pair.first), str(pair.second), f"{pair.measures.documents:,}", *_ends(pair.measures.percent))
        for pair in quality.coders(project)[:MOST]
    ]
    return Section(
        "agreement",
        "Agreement and errors of people",
        source,
        text=[LOOKS],
        facts=facts,
        tables=[
            Table(
                "Coder against coder",
                ("First", "Second", "Documents", "Same", "From", "To"),
                pairs,
                source,
                numbers=(2, 3, 4, 5),
            )
        ]
        if pairs
        else [],
        charts=[charts.as_record(chart) for chart in drawn if chart],
    )


def disagreements(project: Project) -> Section:
    ranked, copies = _against_rank(project), conflicts.different_copies(project)
    by_rank, near = _page("project-against-rank", project), _page("project-copies", project)
    search = conflicts.newest_search(project)
    facts = [
        Fact(
            "Coded against the rank",
            "no rank yet" if ranked is None else f"{len(ranked):,}",
            by_rank,
            "by models that were fitted without the document",
        ),
        Fact(
            "Near-duplicates coded differently",
            "not searched" if copies is None else f"{len(copies):,} group{pluralize(len(copies))}",
            near,
            f"searched {search.created_at:%Y-%m-%d} among {search.documents:,} documents" if search else "",
        ),
    ]
    strongest = [
        (row.item.document.control_number, f"{row.rank:.1f}", row.item.current.choice, str(row.item.current.reviewer))
        for row in (ranked[:MOST] if ranked is not None else [])
    ]
    tables = [
        Table(
            f"Strongest of {len(ranked or ()):,} against the rank",
            ("Document", "Rank", "Coded", "By"),
            strongest,
            by_rank,
            numbers=(1,),
        )
    ]
    return Section("conflicts", "Decisions that do not fit", by_rank, facts=facts, tables=tables if strongest else [])


def decisions(project: Project) -> Section:
    source, changes = _page("project-overturned", project), conflicts.overturned(project)
    others = conflicts.by_others(changes)
    adjudicated = project.answers.filter(served_reason=Reason.ADJUDICATION)
    facts = [
        Fact("Decisions changed", f"{changes.count():,}", source),
        Fact("By somebody else", f"{others.count():,}", f"{source}?others=1"),
        Fact("Different answers decided by a manager", f"{adjudicated.count():,}", source),
    ]
    head = ("Document", "Was", "By", "Is", "By", "When", "Model")
    rows = [_change(change) for change in changes[:MOST]]
    tables = [Table(f"The newest {len(rows)} changes", head, rows, source)] if rows else []
    return Section("decisions", "Who decided, and who changed it", source, facts=facts, tables=tables)


def trail(project: Project) -> Section:
    head, source = chain.head(), reverse("workspace-audit", args=[project.workspace_id])
    events = AuditEvent.objects.filter(workspace=project.workspace_id).count()
    facts = [Fact("Events of the workspace", f"{events:,}", source)]
    if head:
        facts += [
            Fact(
                "Newest seal",
                f"{head.number:,}",
                source,
                f"up to event {head.last:,}, made {head.at:%Y-%m-%d %H:%M} UTC",
            ),
            Fact("Digest of the newest seal", head.digest, source),
        ]
    told = VERIFY.format(head.digest if head else "…")
    return Section("audit", "Audit trail", source, text=[told], facts=facts)


SECTIONS = (
    summary,
    settings,
    team,
    versions,
    progress,
    report_proofs.validation,
    report_proofs.stopping,
    agreement,
    disagreements,
    decisions,
    trail,
)


def _page(name: str, project: Project) -> str:
    return reverse(name, args=[project.pk])


def _ranks(project: Project) -> charts.Chart | None:
    """None also when the snapshot's files are gone: the rest of the report is still worth having."""
    try:
        ranks = statistics.rank_distribution(project)
    except Unavailable:
        return None
    return charts.rank_distribution(ranks) if ranks else None


def _against_rank(project: Project) -> conflicts.Found | None:
    try:
        return conflicts.against_rank(project)
    except Unavailable:
        return None


def _change(change: Completion) -> tuple[str, ...]:
    was, version = change.supersedes, getattr(change, "version", None)
    assert was is not None
    return (
        change.item.document.control_number,
        was.choice,
        str(was.reviewer),
        change.choice,
        str(change.reviewer),
        f"{timezone.localtime(change.created_at):%Y-%m-%d %H:%M}",
        f"v{version}" if version else "none",
    )


def _share(label: str, figure: Estimate, source: str) -> Fact:
    value, low, high = (_percent(end) for end in (figure.value, figure.low, figure.high))
    return Fact(label, value, source, f"{low} to {high}; {figure.method}")


def _figure(label: str, figure: Estimate, source: str) -> Fact:
    value, low, high = ("–" if end is None else f"{end:.2f}" for end in (figure.value, figure.low, figure.high))
    return Fact(label, value, source, f"{low} to {high}; {figure.method}")


def _ends(figure: Estimate) -> Iterable[str]:
    return (_percent(end) for end in (figure.value, figure.low, figure.high))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
