"""What lies inside an archive's stream: named parts one after the other, and a manifest of their digests at the end.

    part  = length of the name (2) | name | block* | 0 (4)
    block = stored length (4) | plain length (4) | zlib of up to 1 MiB, or the bytes themselves where the lengths agree

All numbers are big-endian. Every length is bounded before anything is read or unpacked, so no file can make us hold
more than two blocks.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

from reviewapp.archives.stream import Sink
from reviewapp.errors import ArchiveDamaged

BLOCK = 1 << 20
MOST_NAME = 300
LEVEL = 1  # of zlib: texts become a third of their size at 100 MB a second
MANIFEST = "manifest"
MOST_MANIFEST = 512 << 20


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int) -> bytes: ...

    def at_end(self) -> bool: ...


@dataclass
class Entry:
    """What the manifest says of one part; ``content`` leaves out what differs between archives of equal content."""

    name: str
    size: int = 0
    digest: str = ""
    content: str = field(default="", compare=False)


@dataclass
class PartWriter:
    """One part that is being written, in blocks."""

    sink: Sink
    entry: Entry
    held: bytearray = field(default_factory=bytearray)
    whole: Any = field(default_factory=lambda: blake2b(digest_size=32))

    def write(self, data: bytes, /) -> None:
        self.whole.update(data)
        self.entry.size += len(data)
        self.held += data
        while len(self.held) >= BLOCK:
            self._block(bytes(self.held[:BLOCK]))
            del self.held[:BLOCK]

    def close(self) -> None:
        if self.held:
            self._block(bytes(self.held))
        self.sink.write(bytes(4))
        self.entry.digest = self.whole.hexdigest()
        self.entry.content = self.entry.content or self.entry.digest

    def _block(self, plain: bytes) -> None:
        stored = zlib.compress(plain, LEVEL)
        stored = stored if len(stored) < len(plain) else plain
        self.sink.write(len(stored).to_bytes(4, "big") + len(plain).to_bytes(4, "big") + stored)


class PartsWriter:
    """Writes parts one after the other and remembers them for the manifest."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.entries: list[Entry] = []

    def part(self, name: str) -> PartWriter:
        """Begin a part; it has to be closed before the next."""
        said = name.encode()
        self._sink.write(len(said).to_bytes(2, "big") + said)
        self.entries.append(Entry(name))
        return PartWriter(self._sink, self.entries[-1])

    def finish(self, **more: Any) -> None:
        """Write the manifest: every part so far, and ``more``."""
        entries = [{"name": entry.name, "size": entry.size, "digest": entry.digest} for entry in self.entries]
        part = self.part(MANIFEST)
        part.write(json.dumps({"parts": entries, **more}, separators=(",", ":")).encode())
        part.close()


@dataclass
class Part:
    """One part that is being read; :meth:`blocks` has to be read to its end before the next part."""

    source: Source
    entry: Entry
    done: bool = False

    @property
    def name(self) -> str:
        return self.entry.name

    def blocks(self) -> Iterator[bytes]:
        """The content in pieces of up to 1 MiB."""
        whole = blake2b(digest_size=32)
        while stored := int.from_bytes(self.source.read(4), "big"):
            plain = _unpack(self.source, stored, int.from_bytes(self.source.read(4), "big"))
            whole.update(plain)
            self.entry.size += len(plain)
            yield plain
        self.entry.digest = whole.hexdigest()
        self.entry.content = self.entry.content or self.entry.digest
        self.done = True

    def text(self, most: int) -> bytes:
        """The whole content, of which there may be so many bytes."""
        found = bytearray()
        for block in self.blocks():
            found += block
            if len(found) > most:
                raise ArchiveDamaged(f"The archive’s part “{self.name}” is larger than any that this product writes.")
        return bytes(found)


class PartsReader:
    """Reads an archive's parts in order, and holds them against the manifest in the end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.entries: list[Entry] = []
        self.manifest: dict[str, Any] = {}

    def __iter__(self) -> Iterator[Part]:
        """Every part but the manifest; raises :class:`ArchiveDamaged` at the end unless it lists just these."""
        names: set[str] = set()
        while (part := self._next()).name != MANIFEST:
            if part.name in names:
                raise ArchiveDamaged(f"The archive has the part “{part.name}” twice.")
            names.add(part.name)
            yield part
            assert part.done, part.name
            self.entries.append(part.entry)
        self._hold_against(part)

    def _next(self) -> Part:
        length = int.from_bytes(self._source.read(2), "big")
        if not 1 <= length <= MOST_NAME:
            raise ArchiveDamaged("The archive has a part without a usable name.")
        return Part(self._source, Entry(self._source.read(length).decode("utf-8", "replace")))

    def _hold_against(self, part: Part) -> None:
        try:
            self.manifest = json.loads(part.text(MOST_MANIFEST))
            listed = [Entry(**entry) for entry in self.manifest["parts"]]
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise ArchiveDamaged("The archive’s manifest cannot be read.") from problem
        if not self._source.at_end():
            raise ArchiveDamaged("Something follows the archive’s manifest.")
        if wrong := [found.name for found, said in zip(self.entries, listed, strict=False) if found != said]:
            raise ArchiveDamaged(f"The archive’s part “{wrong[0]}” is not what its manifest says.")
        if len(listed) != len(self.entries):
            raise ArchiveDamaged("The archive’s manifest lists other parts than there are.")


def _unpack(source: Source, stored: int, plain: int) -> bytes:
    if not stored <= plain <= BLOCK or not plain:
        raise ArchiveDamaged("The archive has a block of a size that this product never writes.")
    packed = source.read(stored)
    if stored == plain:
        return packed
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(packed, plain + 1)
    except zlib.error as problem:
        raise ArchiveDamaged("The archive has a block that cannot be unpacked.") from problem
    if len(found) != plain or not unpacker.eof or unpacker.unused_data:
        raise ArchiveDamaged("The archive has a block that unpacks to another size than it says.")
    return found
