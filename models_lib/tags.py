"""Tags: ``live`` and ``staging`` name a pinned version for its consumers, and move from one to another (D9)."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from models_lib import pins, versions
from models_lib.models import ModelVersion, Pin, Tag
from reviewapp import access
from reviewapp.domain import audit, webhooks
from reviewapp.errors import Conflict, Invalid, NotFound
from reviewapp.models import Event, Project, User

LATEST = "latest"
RELEVANCE = ModelVersion.Kind.RELEVANCE


def of(project: Project, kind: str = RELEVANCE) -> QuerySet[Tag]:
    """The tags that are set, with their versions."""
    return project.tags.filter(kind=kind).select_related("pin__version", "moved_by").order_by("name")


def resolve(project: Project, kind: str, name: str | int) -> ModelVersion:
    """The version that a consumer means: ``latest``, ``live``, ``staging``, or the number of a pinned one.

    Resolve once per batch: a name may move meanwhile. Raises :class:`NotFound` where there is none,
    :class:`Conflict` for a number that is not pinned, :class:`Invalid` for any other word.
    """
    said = str(name).strip().lower()
    if said == LATEST:
        return _latest(project, kind)
    if said in Tag.Name.values:
        return _tagged(project, kind, Tag.Name(said))
    if said.isascii() and said.isdigit() and len(said) < 10:
        return _numbered(project, kind, int(said))
    message = f"“{name}” names no version. Give its number, or {LATEST}, {', '.join(Tag.Name.values)}."
    raise Invalid(message, fields={"version": [message]})


def move(project: Project, kind: str, name: str, to: int, was: int | None, by: User) -> Tag:
    """Let the tag name version ``to``, provided that it still names ``was`` (None: nothing), and take it off that.

    Raises :class:`Conflict` when it names another one by now, or ``to`` is not pinned (U-06).
    """
    access.require(by, project.workspace, "pin")
    tag_name = _known(name)
    with transaction.atomic():
        pin = pins.hold(project, to, kind)
        tag = _locked_tag(project, kind, tag_name, was)
        if tag is None:
            tag = _set(project, kind, tag_name, pin, by)
        else:
            tag.pin, tag.moved_by = pin, by
            tag.save(update_fields=["pin", "moved_by", "moved_at"])
        audit.record(by, "tag.move", pin.version, project.workspace, tag=tag_name, number=to, was=was)
        facts = {"project": project.pk, "kind": kind, "tag": tag_name, "version": to, "was": was}
        webhooks.tell(Event.TAG_MOVED, project.workspace, **facts)
    return tag


def remove(project: Project, kind: str, name: str, was: int, by: User) -> None:
    """Let the tag name nothing, provided that it still names ``was``; raises :class:`Conflict` otherwise."""
    access.require(by, project.workspace, "pin")
    tag_name = _known(name)
    with transaction.atomic():
        tag = _locked_tag(project, kind, tag_name, was)
        assert tag is not None
        audit.record(by, "tag.remove", tag.pin.version, project.workspace, tag=tag_name, was=was)
        facts = {"project": project.pk, "kind": kind, "tag": tag_name, "version": None, "was": was}
        webhooks.tell(Event.TAG_MOVED, project.workspace, **facts)
        tag.delete()


def _known(name: str) -> Tag.Name:
    if name not in Tag.Name.values:
        message = f"“{name}” is not a tag. Tags are {' and '.join(Tag.Name.values)}."
        raise Invalid(message, fields={"name": [message]})
    return Tag.Name(name)


def _latest(project: Project, kind: str) -> ModelVersion:
    version = versions.latest(project, kind)
    if version is None:
        raise NotFound("This project has no model yet. Code 5 relevant and 5 irrelevant documents, or link a model.")
    return version


def _tagged(project: Project, kind: str, name: Tag.Name) -> ModelVersion:
    rows = ModelVersion.objects.filter(pin__tags__project=project, pin__tags__kind=kind, pin__tags__name=name)
    version = rows.select_related("index", "pin", "project").first()
    if version is None:
        raise NotFound(f"No version of this project is tagged {name.label}. Pin a version and set the tag on it.")
    return version


def _numbered(project: Project, kind: str, number: int) -> ModelVersion:
    version = versions.get(project, number, kind)
    if not hasattr(version, "pin"):
        raise Conflict(
            f"Version {number} is not pinned, so it may be gone tomorrow. Pin it, or ask for {LATEST} or for a tag."
        )
    return version


def _locked_tag(project: Project, kind: str, name: Tag.Name, was: int | None) -> Tag | None:
    """The tag, locked, None where it is not set; raises :class:`Conflict` unless it names ``was``."""
    rows = Tag.objects.select_for_update(of=("self",)).select_related("pin__version")
    tag = rows.filter(project=project, kind=kind, name=name).first()
    now = tag.pin.version.number if tag else None
    if now != was:
        said = "no version" if now is None else f"version {now}"
        raise Conflict(f"{name.label} is {said} by now. Look again before you move it.")
    return tag


def _set(project: Project, kind: str, name: Tag.Name, pin: Pin, by: User) -> Tag:
    try:
        with transaction.atomic():
            return Tag.objects.create(project=project, kind=kind, name=name, pin=pin, moved_by=by)
    except IntegrityError as taken:  # tag_once_a_kind: somebody else set it at the same moment
        raise Conflict(f"Somebody has just set {name.label}. Look again before you move it.") from taken
