"""The parts inside an archive: bounded, and exactly those that the manifest lists."""

import io
import json
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from reviewapp.archives.parts import BLOCK, PartsReader, PartsWriter
from reviewapp.errors import ArchiveDamaged


class Buffer(io.BytesIO):
    """A stream that is read as an archive's is."""

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        if len(found) != size:
            raise ArchiveDamaged("ends")
        return found

    def at_end(self) -> bool:
        return self.tell() == len(self.getvalue())


def written(**parts: bytes) -> bytes:
    sink = io.BytesIO()
    writer = PartsWriter(sink)
    for name, content in parts.items():
        part = writer.part(name)
        part.write(content)
        part.close()
    writer.finish(made="today")
    return sink.getvalue()


def read(stream: bytes) -> tuple[dict[str, bytes], PartsReader]:
    reader = PartsReader(Buffer(stream))
    return {part.name: part.text(1 << 30) for part in reader}, reader


def test_parts_come_back_with_a_manifest_of_their_digests() -> None:
    parts = {"small": b"one", "empty": b"", "large": bytes(3 * BLOCK) + b"end", "noise": bytes(range(256)) * 9000}
    found, reader = read(written(**parts))
    assert found == parts
    assert reader.manifest["made"] == "today"
    assert [entry["size"] for entry in reader.manifest["parts"]] == [len(content) for content in parts.values()]


def changed(stream: bytes, change: Callable[[dict[str, object]], None]) -> bytes:
    """The stream with another manifest."""
    start = stream.index(b"\x00\x08manifest")
    body = stream[start + 10 : -4]
    stored, plain = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    manifest = json.loads(body[8:] if stored == plain else zlib.decompress(body[8:]))
    change(manifest)
    text = json.dumps(manifest).encode()
    return stream[: start + 10] + len(text).to_bytes(4, "big") * 2 + text + bytes(4)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest["parts"].pop(),
        lambda manifest: manifest["parts"].append(manifest["parts"][0]),
        lambda manifest: manifest["parts"].reverse(),
        lambda manifest: manifest["parts"][0].update(digest="0" * 64),
        lambda manifest: manifest["parts"][0].update(size=4),
        lambda manifest: manifest["parts"][0].update(more=4),
        lambda manifest: manifest.pop("parts"),
    ],
)
def test_a_manifest_that_says_anything_else_is_refused(change: Callable[[dict[str, object]], None]) -> None:
    stream = written(one=b"1", two=b"22")
    assert read(changed(stream, lambda manifest: None))[0] == {"one": b"1", "two": b"22"}
    with pytest.raises(ArchiveDamaged):
        read(changed(stream, change))


def test_a_part_cannot_come_twice_and_nothing_follows_the_manifest() -> None:
    stream = written(one=b"1")
    part = stream[: stream.index(b"\x00\x08manifest")]
    with pytest.raises(ArchiveDamaged, match="twice"):
        read(part + stream)
    with pytest.raises(ArchiveDamaged, match="follows"):
        read(stream + b"\0")


def block(stored: int, plain: int, packed: bytes) -> bytes:
    return b"\x00\x01x" + stored.to_bytes(4, "big") + plain.to_bytes(4, "big") + packed


@pytest.mark.parametrize(
    "stream",
    [
        block(10, BLOCK + 1, bytes(10)),
        block(0xFFFFFFFF, 0xFFFFFFFF, b""),
        block(20, 10, bytes(20)),
        block(len(zlib.compress(bytes(999))), 998, zlib.compress(bytes(999))),
        block(len(zlib.compress(bytes(999))) + 1, 999, zlib.compress(bytes(999)) + b"+"),
        block(5, 99, b"noise"),
        b"\xff\xff" + bytes(0xFFFF),
        b"\x00\x00",
        b"\x00\x01\xff" + bytes(4),
    ],
)
def test_sizes_that_nobody_writes_are_refused_before_they_are_believed(stream: bytes) -> None:
    with pytest.raises(ArchiveDamaged):
        read(stream)


def test_a_bomb_is_stopped_at_one_block() -> None:
    """A block that would unpack to 100 MiB is cut at what it said, and never held in memory."""
    bomb = zlib.compress(bytes(100 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveDamaged, match="another size"):
            read(block(len(bomb), BLOCK, bomb))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
