"""An archive, read: what its head says, and a look at every byte of it before anything of it is believed.

The first part is the *head*: whose workspace, who and how many. Then the stored files, then the tables, then the
manifest. :func:`verify` reads all of it and holds everything against everything: each chunk is authentic, each part is
what the manifest says, each row points to rows, people and rights that there are, each file is what its name says and
is named by a row.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q

from models_lib import sealing
from reviewapp.access import RIGHTS
from reviewapp.archives.columns import Translator, lines
from reviewapp.archives.packing import Person, is_passing
from reviewapp.archives.parts import Part, PartsReader
from reviewapp.archives.stream import Header, Reader
from reviewapp.domain import uploads
from reviewapp.domain.belongings import Table, carried
from reviewapp.domain.files import SEALED
from reviewapp.errors import ArchiveDamaged, Invalid, NotFound

FORMAT = 1
HEAD = "head"
ARTIFACT = "artifact"
MOST_HEAD = 64 << 20
LOOK_EVERY = 64 << 20  # unpacked bytes between two looks at the free space
MOST_PEOPLE = 100_000
MOST_FILES = 64  # in one artefact
SEE_MODEL = "view_trainedmodel"
FILE = re.compile(r"(artifact|sealed)/([0-9a-f]{64})(?:/([A-Za-z0-9_]{1,60}(?:\.[A-Za-z0-9_]{1,20})+))?")
TABLE = "table/"
USERNAME = re.compile(r"[\w.@+-]{1,150}")

Tell = Callable[[int], None]  # takes the bytes of the file that were read


@dataclass(frozen=True)
class Head:
    """What the first part of an archive says."""

    workspace: str
    made_at: str
    made_by: str
    instance: str  # the id of the instance key
    token_key: str
    tables: dict[str, tuple[tuple[str, ...], int]]  # by label: columns and number of rows
    people: tuple[Person, ...]
    roles: dict[str, str]  # by user name

    @property
    def made(self) -> datetime:
        """When the archive was made."""
        return datetime.fromisoformat(self.made_at)

    def rows(self, label: str) -> int:
        """How many rows of a table there are."""
        return self.tables[label][1] if label in self.tables else 0

    @property
    def is_of_this_instance(self) -> bool:
        """Whether it says that it was made here; :attr:`Checked.signed` tells whether that is true."""
        return any(key.id == self.instance for key in sealing.instance_keys())

    @property
    def same_words(self) -> bool:
        """Whether its indexes were made under this instance's token key, so that they can be used on."""
        return self.token_key == sealing.token_key_id()


@dataclass
class Checked:
    """What a look at every byte of an archive found."""

    head: Head
    kinds: dict[str, set[str]] = field(default_factory=dict)  # what rows name every stored file as, by digest
    size: int = 0  # bytes of everything, unpacked
    content: str = ""
    signed: bool = False  # whether this very instance made it
    digests: tuple[str, ...] = ()  # of the parts in order, for a second reading


@contextmanager
def opened(path: Path, file_key: bytes) -> Iterator[tuple[PartsReader, Callable[[], int]]]:
    """The parts of an archive, and a function that says how many bytes of the file were read."""
    try:
        file = path.open("rb")
    except OSError as problem:
        raise NotFound("The archive’s file is not here any more.") from problem
    with file:
        yield PartsReader(Reader(file, Header.read(file), file_key)), file.tell


def unlock(path: Path, passphrase: str) -> bytes:
    """The file key of an archive; raises ``WrongPassphrase``, or :class:`Invalid` for a file that is no archive."""
    try:
        with path.open("rb") as file:
            return Header.read(file).unlock(passphrase)
    except OSError as problem:
        raise NotFound("The archive’s file is not here any more.") from problem


def peek(path: Path, file_key: bytes) -> Head:
    """The head alone: authentic, but the rest of the file was not looked at."""
    with opened(path, file_key) as (parts, _):
        return read_head(next(iter(parts)))


def verify(path: Path, file_key: bytes, tell: Tell) -> Checked:
    """Read everything and check it; raises :class:`ArchiveDamaged` or :class:`Invalid`, and changes nothing."""
    with opened(path, file_key) as (parts, position):
        found = iter(parts)
        checked = Checked(read_head(next(found)))
        check = _Check(checked.head, lambda: tell(position()))
        for part in found:
            check.part(part)
        check.end()
        entries = parts.entries
    checked.kinds = check.kinds
    checked.size = check.size
    checked.digests = tuple(entry.digest for entry in entries)
    checked.content = content(checked.head, {entry.name: entry.content for entry in entries})
    if parts.manifest.get("content") != checked.content:
        raise ArchiveDamaged("The archive’s manifest says another content digest than its content has.")
    checked.signed = _is_signed(parts.manifest, checked.digests)
    return checked


def content(head: Head, parts: dict[str, str]) -> str:
    """A digest that is equal for archives of equal content, whenever and by whomever they were made.

    It covers everything but the head's circumstances, the workspace's name, and rows that tell of archives alone.
    """
    known = {
        "people": [[who.username, who.first_name, who.last_name] for who in head.people if not who.passing],
        "columns": {label: list(columns) for label, (columns, _) in head.tables.items()},
        "parts": {name: digest for name, digest in parts.items() if name != HEAD},
    }
    return blake2b(json.dumps(known, sort_keys=True).encode(), digest_size=32).hexdigest()


def signature_of(digests: tuple[str, ...]) -> bytes:
    """What an instance signs: the digests of all parts in order."""
    return blake2b("\n".join(digests).encode(), digest_size=32).digest()


def read_head(part: Part) -> Head:
    """The head; raises :class:`Invalid` for a format that this version does not know."""
    if part.name != HEAD:
        raise ArchiveDamaged("The archive does not begin with its head.")
    try:
        said = json.loads(part.text(MOST_HEAD))
        if said["format"] != FORMAT:
            raise Invalid(f"The archive has format {said['format']!s:.20}; this version reads format {FORMAT}.")
        names = [field.name for field in fields(Person)]
        people = [Person(**{name: each[name] for name in names}) for each in said["people"]]
        head = Head(
            workspace=str(said["workspace"]),
            made_at=datetime.fromisoformat(str(said["made_at"])).isoformat(),
            made_by=str(said["made_by"]),
            instance=str(said["instance"]),
            token_key=str(said["token_key"]),
            tables={each["name"]: (tuple(each["columns"]), int(each["rows"])) for each in said["tables"]},
            people=tuple(people),
            roles={each["username"]: str(each["role"]) for each in said["people"]},
        )
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise ArchiveDamaged("The archive’s head cannot be read.") from problem
    _check_head(head)
    return head


def _check_head(head: Head) -> None:
    if unknown := sorted(set(head.tables) - set(carried())):
        raise Invalid(f"The archive was made by a newer version of this product: it has {', '.join(unknown)[:200]}.")
    names = [person.username for person in head.people]
    texts = [text for person in head.people for text in (person.first_name, person.last_name)]
    usable = all(isinstance(name, str) and USERNAME.fullmatch(name) for name in names)
    if len(names) > MOST_PEOPLE or len(set(names)) != len(names) or not usable:
        raise ArchiveDamaged("The archive names people who cannot be: user names are words, each once.")
    if any(not isinstance(text, str) or len(text) > 150 or "\0" in text for text in texts):
        raise ArchiveDamaged("The archive names people who cannot be: their names are too long.")
    if not re.fullmatch("[0-9a-f]{16}", head.token_key) or not re.fullmatch("[0-9a-f]{16}", head.instance):
        raise ArchiveDamaged("The archive does not say which instance made it.")
    if head.rows("reviewapp.workspace") != 1 or any(rows < 0 for _, rows in head.tables.values()):
        raise ArchiveDamaged("The archive does not hold one workspace.")


class _Check:
    """Looks at one part after the other; a book in which every number stands for itself."""

    def __init__(self, head: Head, tell: Callable[[], None]) -> None:
        self._head = head
        self._tell = tell
        self._until_look = LOOK_EVERY
        self.size = 0  # bytes of everything so far, unpacked
        self._rights = {permission.codename for permission in permissions()}
        self._tables: set[str] = set()
        self._stores: dict[str, str] = {}  # of every digest that came
        self._names: list[str] = []  # of the files of the artefact that is just coming, in order
        self._open = ""  # its digest
        self._hash: Any = None
        self.kinds: dict[str, set[str]] = {}

    def row(self, label: str, number: int) -> int:
        if number > self._head.rows(label):
            raise ArchiveDamaged(f"The archive has a row that points to a {label} that is not in it.")
        return number

    def person(self, number: int) -> int:
        if number > len(self._head.people):
            raise ArchiveDamaged("The archive has a row that names a person who is not in it.")
        return number

    def right(self, codename: str) -> int:
        if codename not in self._rights:
            raise Invalid(f"The archive has a right that this version does not know: {codename[:60]}.")
        return 1

    def file(self, kind: str, digest: str) -> None:
        if self._stores.get(digest) != (SEALED if kind == SEALED else ARTIFACT):
            raise ArchiveDamaged("The archive has a row that names a file that is not in it.")
        self.kinds.setdefault(digest, set()).add(kind)

    def part(self, part: Part) -> None:
        if part.name.startswith(TABLE):
            self._close_artifact()
            self._table(part, part.name.removeprefix(TABLE))
        elif found := FILE.fullmatch(part.name):
            self._file(part, found[1], found[2], found[3])
        else:
            raise ArchiveDamaged(f"The archive has a part that nobody knows: {part.name[:60]}.")

    def end(self) -> None:
        """After the last part: nothing may be missing, and no file may lie in it for nothing."""
        if missing := sorted(set(self._head.tables) - self._tables):
            raise ArchiveDamaged(f"The archive lacks {missing[0]}.")
        if set(self._stores) != set(self.kinds):
            raise ArchiveDamaged("The archive has a file that no row names.")

    def _table(self, part: Part, label: str) -> None:
        if label not in self._head.tables:
            raise ArchiveDamaged(f"The archive’s head does not list {label[:60]}.")
        self._tables.add(label)
        columns, expected = self._head.tables[label]
        table = carried()[label]
        translate, passing = Translator(table, columns, self), _passing(table, columns)
        kept, rows = blake2b(digest_size=32), 0
        for line in lines(self._blocks(part)):
            translate(line)
            rows += 1
            if passing and not is_passing(line, passing):
                kept.update(line + b"\n")
        if rows != expected:
            raise ArchiveDamaged(f"The archive has {rows:,} rows of {label} and says {expected:,}.")
        if passing:
            part.entry.content = kept.hexdigest()

    def _file(self, part: Part, store: str, digest: str, name: str | None) -> None:
        if self._tables or (store == SEALED) == (name is not None):
            raise ArchiveDamaged("The archive has a file where none belongs.")
        if digest != self._open:
            self._close_artifact()
            self._begin(store, digest)
        if name is not None:
            self._names.append(name)
            if self._names != sorted(set(self._names)) or len(self._names) > MOST_FILES:
                raise ArchiveDamaged("The archive has files that are out of order.")
            self._hash.update(name.encode() + b"\0")
        for block in self._blocks(part):
            self._hash.update(block)

    def _begin(self, store: str, digest: str) -> None:
        if digest in self._stores:
            raise ArchiveDamaged("The archive has a file twice.")
        self._stores[digest] = store
        self._open, self._names, self._hash = digest, [], blake2b(digest_size=32)

    def _close_artifact(self) -> None:
        if self._open and self._hash.hexdigest() != self._open:
            raise ArchiveDamaged(f"The archive’s file {self._open[:12]}… is not what its name says.")
        self._open = ""

    def _blocks(self, part: Part) -> Iterator[bytes]:
        for block in part.blocks():
            self._tell()
            self.size += len(block)
            if self.size > self._until_look:
                uploads.check_space(self.size)  # nobody has to unpack what could not be written
                self._until_look += LOOK_EVERY
            yield block


def permissions() -> list[Permission]:
    """The rights that an archive may give: those of roles in a workspace, and to see a restricted trained model."""
    workspace = Q(content_type__app_label="reviewapp", codename__in=RIGHTS.values())
    model = Q(content_type__app_label="models_lib", codename=SEE_MODEL)
    return list(Permission.objects.filter(workspace | model))


def _passing(table: Table, columns: tuple[str, ...]) -> list[tuple[int, set[bytes]]]:
    return [
        (columns.index(name), {value.encode() for value in values})
        for name, values in table.passing.items()
        if name in columns
    ]


def _is_signed(manifest: dict[str, Any], digests: tuple[str, ...]) -> bool:
    origin = manifest.get("origin") or {}
    try:
        code = bytes.fromhex(str(origin.get("code", "")))
    except (ValueError, AttributeError):
        return False
    return sealing.is_signed(str(origin.get("key", "")), code, signature_of(digests))
