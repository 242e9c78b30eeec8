"""Labeling configs of annotation projects: looked at while they are written, saved when nothing is wrong."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from django.db import connection, transaction

from models_lib.models import ModelVersion
from reviewapp.domain import audit, locks, projects
from reviewapp.errors import Invalid
from reviewapp.labeling import Choices, Config, Examined, Model, answers, examine, read, stored
from reviewapp.labeling.references import ModelKind
from reviewapp.models import Project, User

FIELD = "labeling_config"
USED = """
SELECT DISTINCT coalesce(one ->> 'from_name', ''), said
FROM reviewapp_annotation a
JOIN reviewapp_completion c ON c.id = a.completion_id
CROSS JOIN LATERAL jsonb_array_elements(a.result) AS results(one)
CROSS JOIN LATERAL jsonb_array_elements_text(
  coalesce(one -> 'value' -> 'labels', one -> 'value' -> 'choices', one -> 'labels')) AS texts(said)
WHERE c.project_id = %s
"""


COUNTED = """
SELECT coalesce(one ->> 'from_name', ''), said, count(*)
FROM reviewapp_annotation a
CROSS JOIN LATERAL jsonb_array_elements(a.result) AS results(one)
CROSS JOIN LATERAL jsonb_array_elements_text(
  coalesce(one -> 'value' -> 'labels', one -> 'value' -> 'choices', one -> 'labels')) AS texts(said)
WHERE a.completion_id = ANY(%s)
GROUP BY 1, 2
"""


def known_models(project: Project | None) -> Mapping[str, Model] | None:
    """The models that a config may name: those trained here, and those that the config of now names (J-53).

    None for the config that a project begins with: every name may stand, since it may come with models from elsewhere.
    """
    if project is None:
        return None
    return _standing(stored(project.labeling_config)) | models_of(project)


def models_of(project: Project) -> dict[str, Model]:
    """The models that were trained here, by name."""
    rows = ModelVersion.objects.filter(project=project).exclude(kind=ModelVersion.Kind.RELEVANCE)
    return {version.name: Model(cast(ModelKind, version.kind), frozenset(version.labels)) for version in rows}


def named_models(project: Project) -> set[str]:
    """The names of models in the config of now."""
    return set(_standing(stored(project.labeling_config)))


def replace_models(project: Project, by: User | None, xml: str, models: Sequence[str]) -> None:
    """Save a config in which nothing but models was named anew; call it with the project locked.

    Raises :class:`~reviewapp.labeling.InvalidConfig` where a model does not predict what the config asks of it.
    """
    read(xml, _standing(stored(project.labeling_config)) | models_of(project))
    project.labeling_config = xml
    project.save(update_fields=["labeling_config"])
    audit.record(by, "model.deploy", project, project.workspace, models=list(models))


def _standing(config: Config) -> dict[str, Model]:
    """The models that a config names, as predicting what it asks of them."""
    found: dict[str, Model] = {}
    for labels in config.label_sets:
        for label in labels.labels:
            said = config.assertion_labels if label.assertion else config.entity_labels
            found[label.model] = Model("assertion" if label.assertion else "ner", frozenset(said))
    for group in config.groups:
        found[group.model] = Model("choice-multiple" if group.multiple else "choice-single", frozenset(group.values))
    return {name: model for name, model in found.items() if name}


@dataclass(frozen=True)
class Preview:
    """A config as far as it can be drawn, what is wrong with it, and what the project would lose by it."""

    examined: Examined
    lost: tuple[str, ...] = ()

    @property
    def is_usable(self) -> bool:
        return not self.examined.errors and not self.lost


def preview(xml: str, project: Project | None = None) -> Preview:
    """Look at a config without saving it (J-56)."""
    examined = examine(xml, known_models(project))
    if project is None or examined.config is None or examined.errors:
        return Preview(examined)
    return Preview(examined, tuple(lost(project, examined.config)))


def change(project: Project, by: User, xml: str) -> Project:
    """Replace the project's labeling config whole.

    Raises :class:`~reviewapp.labeling.InvalidConfig` with every error, and :class:`Invalid` when labels, choices or
    relations would vanish that somebody has used (drafts lose theirs), :class:`Conflict` for a closed project.
    """
    projects.require(project, Project.Kind.ANNOTATION)
    new = read(xml, known_models(project))
    with transaction.atomic():
        rows = Project.objects.select_for_update(of=("self",), no_key=True).select_related("workspace")
        project = rows.get(pk=project.pk)
        locks.require_open(project)
        if missing := list(lost(project, new)):
            raise Invalid(f"The labeling config cannot be used. {' '.join(missing)}", fields={FIELD: missing})
        project.labeling_config = xml
        project.save(update_fields=["labeling_config"])
        audit.record(by, "project.config", project, project.workspace)
    return project


def used(project: Project) -> set[tuple[str, str]]:
    """The labels and choices that completions use, as :func:`answers.used` names them."""
    with connection.cursor() as cursor:
        cursor.execute(USED, [project.pk])
        return set(cursor.fetchall())


def counted(completions: Iterable[int]) -> Counter[tuple[str, str]]:
    """How often these completions use each label and choice, as :func:`answers.used` names them."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [list(completions)])
        return Counter({(part, said): number for part, said, number in cursor.fetchall()})


def lost(project: Project, new: Config) -> Iterator[str]:
    """What completions say that they could not say with the new config."""
    taken = used(project)
    for part, value in sorted(taken - answers.offered(new)):
        where = f" of “{part}”" if part else ""
        yield f"“{value}”{where} is used in completions, so it has to stay."
    groups = {group.name: group for group in new.groups}
    for old in stored(project.labeling_config).groups:
        now = groups.get(old.name)
        if now and any(part == old.name for part, _ in taken):
            if old.multiple and not now.multiple:
                yield f"“{old.name}” is answered in completions, so it has to stay a multiple choice."
            if old.per_region != now.per_region:
                yield f"“{old.name}” is answered in completions, so it has to stay about {_about(old)}."
    flags = {(part.name, label.value): label.assertion for part in new.label_sets for label in part.labels}
    for label_set in stored(project.labeling_config).label_sets:
        for label in label_set.labels:
            name = (label_set.name, label.value)
            if name in taken and flags.get(name, label.assertion) != label.assertion:
                kind = "an assertion" if label.assertion else "an entity"
                yield f"“{label.value}” is used in completions, so it has to stay {kind} label."


def _about(group: Choices) -> str:
    return "each span" if group.per_region else "the document"
