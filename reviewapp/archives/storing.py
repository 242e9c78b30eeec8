"""Stored files come back out of an archive, into the same stores and under the same names."""

from collections.abc import Callable, Iterable
from pathlib import Path

from reviewapp.archives.parts import Part
from reviewapp.archives.reading import FILE, Checked
from reviewapp.domain import files
from reviewapp.domain.files import SEALED
from reviewapp.errors import ArchiveDamaged
from training import indexing


class Storing:
    """One attempt; what it stored can be taken back."""

    def __init__(self, checked: Checked, tell: Callable[[], None]) -> None:
        self._kinds = checked.kinds
        self._tell = tell
        self._kept: set[tuple[str, str]] = set()
        self._scratch: Path | None = None
        self._digest = ""

    def until_rows(self, parts: Iterable[Part]) -> Part:
        """Store the files that come first; returns the first part that is none."""
        for part in parts:
            found = FILE.fullmatch(part.name)
            if found is None or found[2] != self._digest:
                self._keep()
            if found is None:
                return part
            self._digest = found[2]
            if found[3] is None:
                self._seal(part)
            else:
                self._add(part, found[3])
        raise ArchiveDamaged("The archive has no rows.")

    def take_back(self) -> None:
        """Remove again what was stored and no row names."""
        if self._scratch is not None:
            files.artifacts().discard(self._scratch)
        files.remove_unused(self._kept)

    def _add(self, part: Part, name: str) -> None:
        if self._scratch is None:
            self._scratch = files.artifacts().scratch()
        with (self._scratch / name).open("xb") as file:
            for block in part.blocks():
                self._tell()
                file.write(block)

    def _keep(self) -> None:
        """Move a complete artefact to its place, once it is known to be harmless to those who map it."""
        if self._scratch is None:
            return
        if "index" in self._kinds[self._digest]:
            indexing.require_sound(self._scratch)
        self._kept.update((kind, self._digest) for kind in self._kinds[self._digest])
        if files.artifacts().keep(self._scratch) != self._digest:
            raise ArchiveDamaged("The archive’s file changed while it was read.")
        self._scratch = None

    def _seal(self, part: Part) -> None:
        self._kept.add((SEALED, self._digest))
        if files.vault().keep_all(self._told(part)) != self._digest:
            raise ArchiveDamaged("The archive’s file changed while it was read.")

    def _told(self, part: Part) -> Iterable[bytes]:
        for block in part.blocks():
            self._tell()
            yield block
