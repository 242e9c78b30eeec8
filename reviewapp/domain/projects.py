"""Projects: set up, changed, kept in step with the workspace's documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from reviewapp import labeling
from reviewapp.domain import audit, controls, history, jobs, locks, removal, task_orders
from reviewapp.errors import Conflict, Invalid
from reviewapp.labeling import ReviewField, parse, review_field, to_xml
from reviewapp.models import ClassificationIndex, Job, Project, User, Workspace

ANNOTATION_EVERY_N = 50
EVERY_N = (1, 10, 25, 50, 100, 200)  # offered; any whole number from 1 may be typed
AT_ONCE = 10_000  # documents that a request takes in; the population takes in the rest
# The kinds of project that have an engine. Of the others due trainings are counted, and nothing is asked for.
MANY = 500  # documents whose arrival makes the database's statistics wrong
DEFAULT_CHOICES = [("Relevant", "positive", "1"), ("Not relevant", "negative", "2")]
SETTINGS = (
    "name",
    "instructions",
    "queue",
    "task_order",
    "every_n",
    "control_share",
    "second_look_share",
    "completion_choice",
    "training_filter",
    "reviewer_priority",
    "document_tags",
    "hold_out",
    "active_learning",
    "deploys",
)
ONLY_REVIEWS = "This is an annotation project: it has no ranks, and its answers are annotations."
ONLY_ANNOTATION = "This is a review project: it has one question and no annotations."


def require(project: Project, kind: Project.Kind) -> Project:
    """The project, if it is of this kind; raises :class:`Conflict` for what the other kind has no use of."""
    if project.kind != kind:
        raise Conflict(ONLY_REVIEWS if kind == Project.Kind.REVIEW else ONLY_ANNOTATION)
    return project


def field(project: Project) -> ReviewField:
    """The question of a review and its possible answers; raises :class:`Conflict` for an annotation project."""
    require(project, Project.Kind.REVIEW)
    return parse(project.labeling_config)


def positive(project: Project) -> str:
    """The answer that the model looks for, as reviewers read it."""
    return next(choice.value for choice in field(project).choices if choice.role == "positive")


def create(
    workspace: Workspace,
    by: User,
    *,
    field_name: str = "relevance",
    choices: list[tuple[str, str, str]] | None = None,
    **settings: Any,
) -> Project:
    """Set up a review over the workspace's documents and ask for its index.

    ``choices`` are ``(value, role, hotkey)``; ``settings`` are those of :data:`SETTINGS`.
    Raises :class:`Invalid` with field errors.
    """
    config = to_xml(review_field(field_name, choices or DEFAULT_CHOICES))
    return _create(Project(workspace=workspace, labeling_config=config, created_by=by, **_known(settings)), by)


def create_annotation(workspace: Workspace, by: User, *, labeling_config: str, **settings: Any) -> Project:
    """Set up an annotation project over the workspace's documents.

    ``settings`` are those of :data:`SETTINGS`. Raises :class:`Invalid` with field errors, and with every error of the
    labeling config.
    """
    labeling.read(labeling_config)
    chosen = {"every_n": ANNOTATION_EVERY_N, "control_share": 0.0, **_known(settings)}
    kind = Project.Kind.ANNOTATION
    return _create(
        Project(workspace=workspace, kind=kind, labeling_config=labeling_config, created_by=by, **chosen), by
    )


def change(project: Project, by: User, settings: Mapping[str, Any]) -> Project:
    """Change settings; raises :class:`Invalid` with field errors, and then nothing is changed."""
    with transaction.atomic():
        project = (
            Project.objects.select_for_update(of=("self",), no_key=True).select_related("workspace").get(pk=project.pk)
        )
        locks.require_open(project)
        known = _known(settings)
        was = {name: getattr(project, name) for name in known}
        for name, value in known.items():
            setattr(project, name, value)
        _validate(project)
        if project.active_learning and was.get("active_learning") is False:
            project.counted = project.completions  # what was submitted before it was switched on is not new
        _save(project, update_fields=[*known, "counted"])
        changed = {name: [was[name], known[name]] for name in known if was[name] != known[name]}
        if "document_tags" in changed and add_documents(project, AT_ONCE):
            repopulate(project, by)
        if "task_order" in changed:
            task_orders.refresh(project, by)
        audit.record(by, "project.change", project, project.workspace, changed=changed)
    return project


def change_choices(project: Project, by: User, field_name: str, choices: list[tuple[str, str, str]]) -> Project:
    """Rename, add or re-key choices; a choice's role is fixed once it has been used (D12)."""
    require(project, Project.Kind.REVIEW)
    new = review_field(field_name, choices)
    with transaction.atomic():
        project = (
            Project.objects.select_for_update(of=("self",), no_key=True).select_related("workspace").get(pk=project.pk)
        )
        locks.require_open(project)
        used = set(project.answers.exclude(choice="").values_list("choice", flat=True).distinct())
        roles = {choice.value: choice.role for choice in new.choices}
        lost = [c.value for c in field(project).choices if c.value in used and roles.get(c.value) != c.role]
        if lost:
            message = f"Already used in completions, so it keeps its name and role: {', '.join(lost)}."
            raise Invalid(message, fields={"choices": [message]})
        project.labeling_config = to_xml(new)
        project.save(update_fields=["labeling_config"])
        audit.record(by, "project.choices", project, project.workspace)
    return project


def pause(project: Project, by: User) -> None:
    """Stop handing out documents; what is in reviewers' hands can still be submitted.

    Raises :class:`Conflict` for a project that is complete or archived.
    """
    _set_state(project, by, Project.State.PAUSED)


def resume(project: Project, by: User) -> None:
    """Hand out the documents of a paused project again; raises :class:`Conflict` for one that has ended."""
    _set_state(project, by, Project.State.ACTIVE)


def delete(project: Project, by: User, confirmation: str) -> None:
    """Remove the project with its coding, versions and snapshots; ``confirmation`` is its typed name.

    Its settings and final figures stay in the workspace's history.
    """
    if confirmation != project.name:
        message = f"Type the project's name, “{project.name}”, to delete it with all its coding."
        raise Invalid(message, fields={"confirmation": [message]})
    with transaction.atomic():
        audit.record(by, "project.delete", project, project.workspace, name=project.name)
        history.keep(project, by)
        removal.remove_project(project)


def adopt(workspace: Workspace, by: User | None = None) -> None:
    """Take the workspace's new documents into its projects and ask for the population of those that grew."""
    for project in workspace.projects.exclude(state__in=Project.CLOSED):
        if add_documents(project):
            repopulate(project, by)


def add_documents(project: Project, most: int | None = None, among: Sequence[int] | None = None) -> int:
    """Give every document that belongs to the project and has no place yet the next ordinals; returns how many.

    ``most`` leaves the rest for later, ``among`` (primary keys) takes only these. Call it in a transaction: the
    project's row is locked, so ordinals stay dense.
    """
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO reviewapp_projectdocument (project_id, document_id, ordinal, revision, removed, served_reason)
            SELECT %(project)s, d.id,
                   (SELECT coalesce(max(ordinal) + 1, 0) FROM reviewapp_projectdocument WHERE project_id = %(project)s)
                   + row_number() OVER (ORDER BY d.id) - 1, 0, false, ''
            FROM reviewapp_document d
            WHERE d.workspace_id = %(workspace)s AND d.deleted_at IS NULL
              AND (%(tags)s::text[] = '{}' OR d.tags::text[] && %(tags)s::text[])
              AND (%(among)s::bigint[] IS NULL OR d.id = ANY(%(among)s::bigint[]))
              AND NOT EXISTS (
                SELECT FROM reviewapp_projectdocument p WHERE p.project_id = %(project)s AND p.document_id = d.id)
            ORDER BY d.id LIMIT %(most)s
            """,
            {
                "project": project.pk,
                "workspace": project.workspace_id,
                "tags": project.document_tags,
                "among": None if among is None else list(among),
                "most": most,
            },
        )
        added: int = cursor.rowcount
        cursor.execute("UPDATE reviewapp_project SET documents = documents + %s WHERE id = %s", [added, project.pk])
        if added >= MANY:
            # Until its next autovacuum PostgreSQL takes the project for empty and reads it whole at every label.
            cursor.execute("ANALYZE reviewapp_projectdocument")
    if added:
        controls.take_in(locked)
    return added


def repopulate(project: Project, by: User | None = None, *, full: bool = False) -> Job:
    """Ask for a population: incremental where the current index can be continued, else full."""
    with transaction.atomic():
        ClassificationIndex.objects.filter(project=project, state=ClassificationIndex.State.ACTIVE).update(
            state=ClassificationIndex.State.NEEDS_POPULATION
        )
        queued = Job.objects.filter(project=project, kind=Job.Kind.POPULATE, state=Job.State.QUEUED)
        waiting = queued.filter(parameters__full=full).first()
        return waiting or jobs.request(Job.Kind.POPULATE, project.workspace, project=project, by=by, full=full)


def populate(project: Project, by: User, *, full: bool = False) -> Job:
    """Ask for a population by hand."""
    locks.require_open(project)
    with transaction.atomic():
        audit.record(by, "population.request", project, project.workspace, full=full)
        return repopulate(project, by, full=full)


def train_now(project: Project, by: User) -> Job:
    """Ask for a training by hand (B-08); :class:`Conflict` while one waits or runs, or before 5 + 5 (J-06, J-07)."""
    with transaction.atomic():
        project = (
            Project.objects.select_for_update(of=("self",), no_key=True).select_related("workspace").get(pk=project.pk)
        )
        if not project.is_review:
            raise Conflict("An annotation project cannot be trained without parameters. Start it as a training.")
        if held := locks.reason(project):
            raise Conflict(f"{held} Decisions are kept and train afterwards.")
        if Job.objects.filter(project=project, kind=Job.Kind.TRAIN, state__in=Job.OPEN).exists():
            raise Conflict("A training of this project is waiting or running already.")
        if not project.trainable:
            raise Conflict(
                "A model needs at least 5 positive and 5 negative documents; "
                f"this project has {project.training_positives} and {project.training_negatives}."
            )
        audit.record(by, "training.request", project, project.workspace)
        return jobs.request(Job.Kind.TRAIN, project.workspace, project=project, by=by, source="manual")


def _create(project: Project, by: User) -> Project:
    _validate(project)
    with transaction.atomic():
        _save(project)
        add_documents(project, AT_ONCE)
        repopulate(project, by)
        audit.record(by, "project.create", project, project.workspace, name=project.name, kind=project.kind)
    return project


def _known(settings: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(settings) - set(SETTINGS)):
        raise Invalid(f"Not a setting: {', '.join(unknown)}.", fields={name: ["Not a setting."] for name in unknown})
    return dict(settings)


def _validate(project: Project) -> None:
    project.name = project.name.strip()
    if project.is_review and project.active_learning:
        message = "Active learning is switched in annotation projects; a review always learns."
        raise Invalid(message, fields={"active_learning": [message]})
    try:
        project.clean_fields(exclude={field.name for field in Project._meta.fields} - set(SETTINGS))
    except ValidationError as problem:
        fields = problem.message_dict
        said = "; ".join(f"{name}: {' '.join(messages)}" for name, messages in fields.items())
        raise Invalid(f"The settings cannot be used. {said}", fields=fields) from problem


def _save(project: Project, update_fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            project.save(update_fields=update_fields)
    except IntegrityError as problem:
        if "project_name_once_a_workspace" not in str(problem):
            raise
        message = f"This workspace already has a project named “{project.name}”."
        raise Invalid(message, fields={"name": [message]}) from problem


def _set_state(project: Project, by: User, state: Project.State) -> None:
    with transaction.atomic():
        locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        locks.require_open(locked)
        locked.state = state
        locked.save(update_fields=["state"])
        audit.record(by, f"project.{state}", project, project.workspace)
