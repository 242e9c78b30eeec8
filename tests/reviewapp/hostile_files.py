"""Files that were made to harm whoever opens them; each is written where it is asked for, none is in the repository."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

MEGABYTE = 1 << 20
GOOD = b"id,text\ngood-1,first\ngood-2,last\n"


def zip_bomb() -> bytes:
    """300 MB of zeros in 300 KB, named like a table."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.csv", "w") as member:
        for _ in range(300):
            member.write(bytes(MEGABYTE))
    return packed.getvalue()


def overlapping_zip() -> bytes:
    """Many entries of the directory that name one and the same member (CVE-2024-0450)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", bytes(MEGABYTE))
        first = archive.filelist[0]
        for number in range(500):
            twin = zipfile.ZipInfo(f"{number}.csv")
            for name in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
                setattr(twin, name, getattr(first, name))
            archive.filelist.append(twin)
    return packed.getvalue()


def slipping_zip() -> bytes:
    """A symbolic link, and a member that wants to lie elsewhere."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("../../../tmp/slipped", "x")
    return packed.getvalue()


def nested_gzip() -> bytes:
    return gzip.compress(gzip.compress(GOOD))


def gzip_bomb() -> bytes:
    return gzip.compress(b"id,text\n1," + b"x" * (200 * MEGABYTE), compresslevel=1)


def around(row: bytes) -> bytes:
    """A table of two good rows with this one between them."""
    first, last = GOOD.split(b"good-2")
    return first + row + b"\ngood-2" + last


def lines(line: bytes) -> bytes:
    """JSON lines of two good objects with this one between them."""
    return b'{"id": "good-1", "text": "first"}\n' + line + b'\n{"id": "good-2", "text": "last"}\n'


DEEP = b'{"id": "x", "text": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
# What each does is said by its name. A "rows" file has two good rows around what is bad.
ROWS: dict[str, Callable[[], bytes]] = {
    "field of 200 KB.csv": lambda: around(b'big,"' + b"word " * 40_000 + b'"'),
    "text of 200 MB.csv": lambda: around(b'big,"' + b"word " * (40 * MEGABYTE) + b'"'),
    "NUL.csv": lambda: around(b"nul,a\x00b"),
    "unknown charset.csv": lambda: around(b"latin,caf\xe9"),
    "id of 8 KB.csv": lambda: around(b"i" * 8_192 + b",text"),
    "the same id twice.csv": lambda: around(b"good-1,again"),
    "formula.csv": lambda: around(b"=cmd|'/c calc'!A1,=1+1"),
    "more columns.csv": lambda: around(b"a,b,c,d"),
    "20,000 levels.jsonl": lambda: lines(DEEP),
    "text of 200 MB.jsonl": lambda: lines(b'{"id": "big", "text": "' + b"word " * (40 * MEGABYTE) + b'"}'),
    "NaN.jsonl": lambda: lines(b'{"id": NaN, "text": "x"}'),
    "half of a surrogate pair.jsonl": lambda: lines(b'{"id": "s", "text": "\\ud800"}'),
    "escaped NUL.jsonl": lambda: lines(b'{"id": "n", "text": "\\u0000"}'),
    "the same key twice.jsonl": lambda: lines(b'{"id": "a", "id": "b", "text": "x"}'),
    "a number of 5,000 digits.jsonl": lambda: lines(b'{"id": "d", "text": {"n": ' + b"9" * 5_000 + b"}}"),
    "the same id twice.jsonl": lambda: lines(b'{"id": "good-1", "text": "again"}'),
    "id of 8 KB.jsonl": lambda: lines(b'{"id": "' + b"i" * 8_192 + b'", "text": "x"}'),
}
FILES: dict[str, Callable[[], bytes]] = {
    "zip bomb.csv": zip_bomb,
    "overlapping.zip": overlapping_zip,
    "overlapping, called a table.csv": overlapping_zip,
    "symbolic link and slip.csv": slipping_zip,
    "gzip bomb.csv.gz": gzip_bomb,
    "gzip in gzip.csv.gz": nested_gzip,
    "UTF-7.csv": lambda: GOOD.replace(b"first", b"+/v8-").decode().encode("utf-16"),
    "nothing.csv": lambda: b"",
    "noise.csv": lambda: struct.pack("<I", 0xDEADBEEF) * 4_096,
    "one line of 30 MB.csv": lambda: b"x" * (30 * MEGABYTE),
    "not a table.xml": lambda: b"<View>" * 100_000,
}


def write(folder: Path, made: dict[str, Callable[[], bytes]]) -> Iterator[Path]:
    """Each of the files, one at a time."""
    for name, content in made.items():
        path = folder / name
        path.write_bytes(content())
        yield path
