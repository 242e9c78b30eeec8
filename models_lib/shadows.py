"""Shadow scores: what a version that does not rank says of the collection, and what would change if it did."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from models_lib import tags, validation
from models_lib.models import ModelVersion, Tag
from reviewapp import access
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, jobs
from reviewapp.errors import Conflict
from reviewapp.models import Job, Project, ProjectDocument, User
from training.core.ranking import movements

LISTED = 50  # documents of each list


@dataclass(frozen=True)
class Moved:
    """A document and its rank by both versions, 0 to 100."""

    item: ProjectDocument
    before: float
    after: float

    @property
    def by(self) -> float:
        """How far it moved, in points of rank."""
        return self.after - self.before


@dataclass(frozen=True)
class Shadow:
    """What one version says of the collection beside another, with the documents that this is about.

    ``rising`` and ``falling`` cross the threshold upwards and downwards; the lists hold the first :data:`LISTED`.
    """

    earlier: ModelVersion
    later: ModelVersion
    threshold: float
    documents: int
    above_before: int
    above_after: int
    rising: int
    falling: int
    most: tuple[Moved, ...] = ()
    rises: tuple[Moved, ...] = ()
    falls: tuple[Moved, ...] = ()


def missing(project: Project, *versions: ModelVersion) -> list[ModelVersion]:
    """Those of the versions that have no scores of the current index."""
    return [version for version in versions if _artifact(project, version) is None]


def request(project: Project, version: ModelVersion, by: User) -> Job:
    """Ask for the version's scores of the current index; gives the job that waits for it where there is one.

    Raises ``Refused`` without the right to pin, :class:`Conflict` where there is no index, no payload to score with, or
    nothing to be done.
    """
    access.require(by, project.workspace, "pin")
    if project.index is None or not project.index.artifact:
        raise Conflict("The documents are not indexed yet, so there is nothing to score. Populate the index first.")
    if not version.artifact:
        raise Conflict(f"The payload of version {version.number} was not kept. Only pinned versions are.")
    if not missing(project, version):
        raise Conflict(f"Version {version.number} has scored the collection as it is now.")
    with transaction.atomic():
        audit.record(by, "scores.request", version, project.workspace, number=version.number)
        return _ask(project, version, by)


def promote(project: Project, name: str, to: int, was: int | None, by: User) -> Tag:
    """Move a tag, as :func:`tags.move`; what becomes Staging is scored beside Live."""
    with transaction.atomic():
        tag = tags.move(project, ModelVersion.Kind.RELEVANCE, name, to, was, by)
        if tag.name == Tag.Name.STAGING and project.index is not None and project.index.artifact:
            for version in missing(project, *(one.pin.version for one in tags.of(project))):
                _ask(project, version, by)
    return tag


def beside_live(project: Project, threshold: float = validation.HALF) -> Shadow | None:
    """What would change if Staging were Live; None unless both are set and scored."""
    named = {tag.name: tag.pin.version for tag in tags.of(project)}
    live, staging = named.get(Tag.Name.LIVE), named.get(Tag.Name.STAGING)
    if live is None or staging is None or live == staging or missing(project, live, staging):
        return None
    return counts(project, live, staging, threshold)


def counts(project: Project, earlier: ModelVersion, later: ModelVersion, threshold: float) -> Shadow:
    """How many documents cross the threshold; raises :class:`Conflict` where a version is not scored."""
    return _shadow(project, earlier, later, threshold, 0)


def compare(project: Project, earlier: ModelVersion, later: ModelVersion, threshold: float) -> Shadow:
    """As :func:`counts`, with the documents whose rank moved most, and those that cross, the farthest first."""
    return _shadow(project, earlier, later, threshold, LISTED)


def _shadow(project: Project, earlier: ModelVersion, later: ModelVersion, threshold: float, listed: int) -> Shadow:
    before, after = _scores(project, earlier), _scores(project, later)
    there = np.ones(len(before), bool)
    gone = project.items.filter(removed=True, ordinal__lt=len(before)).values_list("ordinal", flat=True)
    there[np.fromiter(gone, np.int64)] = False
    found = movements(before, after, there, threshold, listed)
    wanted = np.unique(np.concatenate([found.most, found.rises, found.falls]))
    # What a sample waits for is coded without anybody knowing its rank.
    shown = project.items.filter(ordinal__in=wanted.tolist(), awaits=None)
    rows = shown.select_related("document", "current")
    items = {item.ordinal: item for item in rows.defer("document__text", "document__metadata")}
    lists = (found.most, found.rises, found.falls)
    most, rises, falls = (_moved(places, items, before, after) for places in lists)
    return Shadow(
        earlier=earlier,
        later=later,
        threshold=threshold,
        documents=int(there.sum()),
        above_before=found.above_before,
        above_after=found.above_after,
        rising=found.rising,
        falling=found.falling,
        most=most,
        rises=rises,
        falls=falls,
    )


def _moved(
    ordinals: NDArray[np.int64],
    items: Mapping[int, ProjectDocument],
    before: NDArray[np.float32],
    after: NDArray[np.float32],
) -> tuple[Moved, ...]:
    pairs = [(int(place), items[int(place)]) for place in ordinals if int(place) in items]
    return tuple(Moved(item, 100 * float(before[place]), 100 * float(after[place])) for place, item in pairs)


def _scores(project: Project, version: ModelVersion) -> NDArray[np.float32]:
    artifact = _artifact(project, version)
    if artifact is None:
        raise Conflict(f"Version {version.number} has not scored the collection as it is now. Ask for its scores.")
    scores: NDArray[np.float32] = Artifacts(settings.ARTIFACTS_DIR).read(artifact)["scores"]
    return scores


def _artifact(project: Project, version: ModelVersion) -> str | None:
    rows = project.snapshots.filter(version=version, index=project.index_id).exclude(artifact="")
    return rows.values_list("artifact", flat=True).first()


def _ask(project: Project, version: ModelVersion, by: User) -> Job:
    waiting = project.jobs.filter(kind=Job.Kind.SCORE, state__in=Job.OPEN, parameters__version=version.pk).first()
    if waiting is not None:
        return waiting
    return jobs.request(Job.Kind.SCORE, project.workspace, project=project, by=by, version=version.pk)
