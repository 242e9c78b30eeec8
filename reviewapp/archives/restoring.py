"""An archive becomes a workspace again: looked at whole first, then written all or nothing, under new numbers.

People are found by user name. Nobody gains a right by it: roles are those that the archive names, of people who are
here; of the others what they said is kept, as said by an inactive person without password or role.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Literal, get_args

from django.contrib.auth.hashers import make_password
from django.db import DataError, IntegrityError, transaction

from models_lib import library, sealing, versions
from models_lib.models import ModelVersion, Pin, TrainedModel
from reviewapp.archives import catalog, loading, reading
from reviewapp.archives.columns import lines
from reviewapp.archives.loading import Numbers
from reviewapp.archives.parts import Part
from reviewapp.archives.reading import TABLE, Checked, Head
from reviewapp.archives.storing import Storing
from reviewapp.domain import audit, files, indexes, jobs, people, projects, uploads, workspaces
from reviewapp.domain.belongings import Table, carried
from reviewapp.errors import ArchiveDamaged, Conflict, Invalid, NotFound
from reviewapp.models import (
    Archive,
    ClassificationIndex,
    Clustering,
    Completion,
    Document,
    Job,
    Project,
    User,
    Workspace,
)

Roles = Literal["archived", "none"]
Unknown = Literal["placeholder", "refuse"]
CHECKING, WRITING = "Checking the archive", "Writing the workspace"


@dataclass(frozen=True)
class Known:
    """Somebody whom an archive names, and whom of this server that is."""

    username: str
    name: str
    role: str
    here: User | None


@dataclass(frozen=True)
class Contents:
    """What somebody who wants to restore an archive sees of it beforehand."""

    head: Head
    people: list[Known]
    free_name: str

    @property
    def figures(self) -> list[tuple[str, int]]:
        """How much there is, of what people count."""
        models = (Document, Project, Completion, ModelVersion, TrainedModel)
        return [
            (str(model._meta.verbose_name_plural).capitalize(), self.head.rows(model._meta.label_lower))
            for model in models
        ]

    @property
    def unknown(self) -> list[Known]:
        """Those who are not here."""
        return [person for person in self.people if person.here is None]

    @property
    def default_roles(self) -> Roles:
        """What happens to roles unless somebody says otherwise: they are kept within one instance alone."""
        return "archived" if self.head.is_of_this_instance else "none"


def look(archive: Archive, by: User, file_key: bytes) -> Contents:
    """What the head of the archive says, and who of its people is here."""
    catalog.require_restorer(by)
    head = reading.peek(catalog.file_of(archive), file_key)
    here = {user.username: user for user in User.objects.filter(username__in=[each.username for each in head.people])}
    known = [
        Known(
            person.username,
            f"{person.first_name} {person.last_name}".strip(),
            head.roles.get(person.username, ""),
            here.get(person.username),
        )
        for person in head.people
    ]
    return Contents(head, known, workspaces.free_name(head.workspace))


def request(
    archive: Archive,
    by: User,
    file_key: bytes,
    *,
    name: str = "",
    roles: Roles | None = None,
    unknown: Unknown = "placeholder",
) -> Job:
    """Ask for the archive's workspace under a free ``name``; without one under its own, numbered if that is taken.

    ``roles``: *archived* gives everybody who is here the role that the archive names, *none* makes the person who asks
    the only admin; by default it follows from whether this instance made the archive. ``unknown``: *placeholder* keeps
    what people said who are not here, *refuse* stops and names them. Raises ``Refused`` without the right to add
    workspaces, :class:`Invalid` and :class:`Conflict`.
    """
    contents = look(archive, by, file_key)
    if unknown not in get_args(Unknown) or roles not in (None, *get_args(Roles)):
        raise Invalid("Say roles as archived or none, and unknown people as placeholder or refuse.")
    if name and workspaces.free_name(name) != name.strip():
        message = "There is a workspace of this name already, or it cannot be a name."
        raise Invalid(message, fields={"name": [message]})
    if unknown == "refuse":
        _refuse(person.username for person in contents.unknown)
    wanted: dict[str, Any] = {"name": name.strip(), "roles": roles or contents.default_roles, "unknown": unknown}
    with transaction.atomic():
        job = jobs.request(Job.Kind.RESTORE, None, by=by, secret=file_key, archive=archive.pk, **wanted)
        audit.record(by, "workspace.restore", archive, None, archive=archive.name, **wanted)
    return job


def restore(run: jobs.Run) -> None:
    """Check all of the archive, then write all of it; whatever goes wrong, nothing of it stays."""
    archive = Archive.objects.filter(pk=run.job.parameters["archive"]).first()
    if archive is None or run.job.requested_by is None:
        raise NotFound("The archive, or the person who asked for this, is not here any more.")
    catalog.require_restorer(run.job.requested_by)
    path, file_key = catalog.file_of(archive), run.secret()
    run.report(CHECKING, 0, archive.size)
    checked = reading.verify(path, file_key, lambda done: run.tell(CHECKING, done, archive.size))
    _require_wanted(run, checked)
    uploads.check_space(checked.size)
    run.report(WRITING, 0, archive.size)
    _Restoring(run, checked).write(path, file_key)
    loading.settle({label: rows for label, (_, rows) in checked.head.tables.items()})


def _require_wanted(run: jobs.Run, checked: Checked) -> None:
    """What could only be known of the whole file, or has changed since it was asked for."""
    wanted = run.job.parameters
    if checked.head.is_of_this_instance and not checked.signed and wanted["roles"] == "archived":
        raise ArchiveDamaged(
            "The archive says that it was made here, but this server did not make it as it is. "
            "If you trust where it comes from, restore it without roles."
        )
    if wanted["unknown"] == "refuse":
        names = {person.username for person in checked.head.people}
        _refuse(names - set(User.objects.filter(username__in=names).values_list("username", flat=True)))


def _refuse(missing: Any) -> None:
    if said := ", ".join(sorted(missing)):
        raise Conflict(f"Not on this server: {said}. Make their accounts, or let placeholders stand in for them.")


@dataclass
class _Restoring:
    """One attempt; the book of what the archive's numbers are here."""

    run: jobs.Run
    checked: Checked
    numbers: dict[str, Numbers] = field(default_factory=dict)
    users: list[int] = field(default_factory=list)  # primary keys, by their place in the archive
    entitled: set[int] = field(default_factory=set)  # those who may get the roles that the archive names
    placeholders: list[str] = field(default_factory=list)
    rights: dict[str, int] = field(default_factory=dict)

    @property
    def head(self) -> Head:
        return self.checked.head

    def row(self, label: str, number: int) -> int:
        return self.numbers[label].key(number)

    def person(self, number: int) -> int:
        return self.users[number - 1]

    def right(self, codename: str) -> int:
        return self.rights[codename]

    def file(self, kind: str, digest: str) -> None:
        """Every file was stored before the rows."""

    def write(self, path: Path, file_key: bytes) -> None:
        """Store the files, write the rows and finish the job; or leave nothing behind."""
        size = path.stat().st_size
        with reading.opened(path, file_key) as (parts, position):
            tell = lambda: self.run.tell(WRITING, position(), size)  # noqa: E731
            storing = Storing(self.checked, tell)
            try:
                with files.held():
                    found = iter(parts)
                    reading.read_head(next(found))
                    first = storing.until_rows(found)
                    self._write_rows(chain([first], found), tell, lambda: [entry.digest for entry in parts.entries])
            except BaseException:
                storing.take_back()
                raise

    def _write_rows(self, parts: Iterator[Part], tell: Callable[[], None], digests: Callable[[], list[str]]) -> None:
        try:
            with transaction.atomic():
                self._open_book()
                for part in parts:
                    self._load(part, tell)
                if digests() != list(self.checked.digests):
                    raise ArchiveDamaged("The archive’s file changed while it was read.")
                self._finish()
        except (DataError, IntegrityError) as problem:
            said = str(problem).splitlines()[0]
            raise ArchiveDamaged(f"The archive’s rows cannot be written, so none was: {said}.") from problem

    def _open_book(self) -> None:
        self.rights = {permission.codename: permission.pk for permission in reading.permissions()}
        names = [person.username for person in self.head.people]
        here = dict(User.objects.filter(username__in=names).values_list("username", "pk"))
        if self.run.job.parameters["roles"] == "archived":
            self.entitled = set(here.values())
        missing = [person for person in self.head.people if person.username not in here]
        self.placeholders = [person.username for person in missing]
        made = User.objects.bulk_create(
            User(
                username=person.username,
                first_name=person.first_name,
                last_name=person.last_name,
                is_active=False,
                password=make_password(None),
            )
            for person in missing
        )
        here |= {user.username: user.pk for user in made}
        self.users = [here[name] for name in names]
        for label, (_, rows) in self.head.tables.items():
            if carried()[label].counts_rows:
                self.numbers[label] = Numbers(carried()[label].model, rows)

    def _load(self, part: Part, tell: Callable[[], None]) -> None:
        label = part.name.removeprefix(TABLE)
        table, (columns, _) = carried()[label], self.head.tables[label]
        given = {"name": self._name()} if table.model is Workspace else {}
        rows = lines(_told(part, tell))
        loading.load(
            table, columns, rows, self, self.numbers.get(label), given=given, skips=self._skipping(table, columns)
        )

    def _skipping(self, table: Table, columns: tuple[str, ...]) -> Callable[[list[bytes]], bool]:
        if not table.grants:
            return lambda values: False
        place = columns.index("user_id")
        return lambda values: int(values[place]) not in self.entitled

    def _name(self) -> str:
        return workspaces.free_name(self.run.job.parameters["name"] or self.head.workspace)

    def _finish(self) -> None:
        by = self.run.job.requested_by
        assert by is not None
        workspace = Workspace.objects.get(pk=self.row("reviewapp.workspace", 1))
        _renew_digests(workspace)
        _mark_indexes(workspace, self.head)
        _let_go_of_lost_files(workspace)
        _freeze_pinned(workspace, by)
        _keep_an_admin(workspace, by)
        counts = {label: rows for label, (_, rows) in self.head.tables.items()}
        told = {"made_at": self.head.made_at, "content": self.checked.content}
        audit.record(by, "workspace.restored", workspace, workspace, **told)
        self.run.finish(
            outcome="restored",
            workspace=workspace.pk,
            name=workspace.name,
            rows=sum(counts.values()),
            documents=counts.get("reviewapp.document", 0),
            placeholders=self.placeholders,
            without_role=self._without_role(),
            sealed_elsewhere=_sealed_elsewhere(workspace),
            needs_population=_ask_again(workspace, by),
        )

    def _without_role(self) -> list[str]:
        """People whose role the archive names and nobody has now."""
        if self.run.job.parameters["roles"] == "none":
            return sorted(name for name, role in self.head.roles.items() if role)
        return sorted(name for name in self.placeholders if self.head.roles.get(name))


def _told(part: Part, tell: Callable[[], None]) -> Iterator[bytes]:
    for block in part.blocks():
        tell()
        yield block


def _renew_digests(workspace: Workspace) -> None:
    """A version's digest covers completions by number, and these are new; the first one stays on record."""
    rows = ModelVersion.objects.filter(project__workspace=workspace).select_related("inputs")
    for version in rows.iterator(chunk_size=20):
        inputs = getattr(version, "inputs", None)
        digest = versions.digest(inputs.record) if inputs else version.first_digest
        ModelVersion.objects.filter(pk=version.pk).update(digest=digest)


def _mark_indexes(workspace: Workspace, head: Head) -> None:
    """Say of indexes that were made under another token key that they cannot be used on."""
    rows = ClassificationIndex.objects.filter(project__workspace=workspace)
    if not head.same_words:
        rows.filter(token_key="").update(token_key=head.token_key)
    states = ClassificationIndex.State
    foreign = rows.exclude(token_key__in=("", sealing.token_key_id())).filter(state=states.ACTIVE)
    foreign.update(state=states.NEEDS_POPULATION, error=indexes.FOREIGN)


def _let_go_of_lost_files(workspace: Workspace) -> None:
    """What was damaged already when the archive was made is made anew."""
    Project.objects.filter(workspace=workspace, snapshot__artifact="").update(snapshot=None)
    states = ClassificationIndex.State
    lost = ClassificationIndex.objects.filter(project__workspace=workspace, artifact="", state=states.ACTIVE)
    Clustering.objects.filter(project__workspace=workspace, artifact="").delete()
    lost.update(state=states.NEEDS_POPULATION, error="Its stored arrays were damaged when the archive was made.")


def _freeze_pinned(workspace: Workspace, by: User) -> None:
    """Ask for what the job of a pin had not written down yet when the archive was made."""
    unwritten = Pin.objects.filter(version__project__workspace=workspace, version__validation=None)
    for pin in unwritten.select_related("version__project"):
        project = pin.version.project
        job = jobs.request(Job.Kind.PIN, workspace, project=project, by=by, version=pin.version_id)
        Pin.objects.filter(pk=pin.pk).update(job=job)


def _keep_an_admin(workspace: Workspace, by: User) -> None:
    """Where nobody who may administer it came along, whoever restores it does."""
    if not people.has_admin(workspace):
        people.grant(workspace, by, "admin", None)


def _sealed_elsewhere(workspace: Workspace) -> list[str]:
    rows = TrainedModel.objects.filter(library.sealed_elsewhere(), workspace=workspace)
    return list(rows.order_by("name").values_list("name", flat=True))


def _ask_again(workspace: Workspace, by: User) -> list[str]:
    """Ask for the populations and trainings that were due; returns the projects whose index cannot be used on."""
    needing = []
    open_ = Project.objects.filter(workspace=workspace).exclude(state__in=Project.CLOSED)
    for project in open_.select_related("workspace", "index", "version"):
        index = project.index
        if index is None or index.state != ClassificationIndex.State.ACTIVE:
            foreign = index is not None and not indexes.is_ours(index)
            projects.repopulate(project, by, full=foreign)
            needing += [project.name] if foreign else []
        elif project.trainable and _is_behind(project):
            jobs.request(Job.Kind.TRAIN, workspace, project=project, by=by, source="active_learning")
    return needing


def _is_behind(project: Project) -> bool:
    """Whether a training was due that did not come to its end."""
    if project.version is None or project.snapshot_id is None:
        return True
    return project.version.completions < project.counted
