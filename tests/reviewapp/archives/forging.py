"""Archives that somebody made by hand: everything about them is right but for one thing."""

import io
import json
from collections.abc import Callable
from dataclasses import fields
from hashlib import blake2b
from typing import Any

from reviewapp.archives import reading
from reviewapp.archives.columns import lines
from reviewapp.archives.packing import Person, is_passing
from reviewapp.archives.parts import PartsWriter
from reviewapp.archives.reading import HEAD, TABLE, Head
from reviewapp.archives.stream import LEAST_WORK, Header, Writer
from reviewapp.domain.belongings import carried
from reviewapp.models import Archive
from tests.reviewapp.archives.conftest import PASSPHRASE, key_of

Parts = dict[str, bytes]


def taken_apart(archive: Archive) -> Parts:
    """Every part with its content, in order."""
    with reading.opened(archive.path, key_of(archive)) as (parts, _):
        return {part.name: part.text(1 << 30) for part in parts}


def forged(archive: Archive, change: Callable[[Parts], Any]) -> Archive:
    """Put the changed parts into the archive's place, with a manifest that fits and the right passphrase."""
    parts = taken_apart(archive)
    change(parts)
    file = io.BytesIO()
    header, key = Header.make(PASSPHRASE, LEAST_WORK)
    stream = Writer(file, header, key)
    writer = PartsWriter(stream)
    for name, content in parts.items():
        part = writer.part(name)
        part.write(content)
        part.close()
    writer.finish(content=_content(parts))
    stream.close()
    archive.path.write_bytes(file.getvalue())
    return archive


def table(parts: Parts, label: str) -> list[list[bytes]]:
    return [line.split(b"\t") for line in lines([parts[f"{TABLE}{label}"]])]


def put(parts: Parts, label: str, rows: list[list[bytes]], columns: list[str] | None = None) -> None:
    """Other rows of a table, and a head that fits to them."""
    parts[f"{TABLE}{label}"] = b"".join(b"\t".join(row) + b"\n" for row in rows)
    head = json.loads(parts[HEAD])
    for said in head["tables"]:
        if said["name"] == label:
            said["rows"] = len(rows)
            said["columns"] = columns or said["columns"]
    parts[HEAD] = json.dumps(head).encode()


def columns(parts: Parts, label: str) -> list[str]:
    found: list[str] = next(each["columns"] for each in json.loads(parts[HEAD])["tables"] if each["name"] == label)
    return found


def _content(parts: Parts) -> str:
    """The content digest that fits these parts; nothing that fits where the head cannot be read anyway."""
    try:
        said = json.loads(parts[HEAD])
        tables = {each["name"]: (tuple(each["columns"]), each["rows"]) for each in said["tables"]}
        people = tuple(Person(*(each[field.name] for field in fields(Person))) for each in said["people"])
        head = Head("", "", "", "", "", tables, people, {})
        return reading.content(head, {name: _digest(name, content, tables) for name, content in parts.items()})
    except (KeyError, TypeError, ValueError):
        return "0" * 64


def _digest(name: str, content: bytes, tables: dict[str, Any]) -> str:
    known = carried().get(name.removeprefix(TABLE))
    if known is None:
        return blake2b(content, digest_size=32).hexdigest()
    for column, values in known.passing.items():
        passing = [(tables[known.label][0].index(column), {value.encode() for value in values})]
        content = b"".join(line for line in content.splitlines(keepends=True) if not is_passing(line, passing))
    return blake2b(content, digest_size=32).hexdigest()
