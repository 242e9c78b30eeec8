"""The demo collection as a labelled file: CSV or JSON lines, plain or gzipped."""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from reviewapp.demo.collection import DemoDocument
from reviewapp.errors import Invalid

COLUMNS = ("control_number", "title", "text", "tags", "custodian", "sent", "thread", "label", "topic")
ENDINGS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz")


def write(documents: Iterable[DemoDocument], path: Path) -> int:
    """Write the documents one by one and return how many; the same documents give the same bytes.

    Raises Invalid when the name of the file does not say which format is wanted.
    """
    name = path.name.lower()
    if not name.endswith(ENDINGS):
        raise Invalid(f"{path.name} does not say which format you want; end its name with {', '.join(ENDINGS)}.")
    with _opened(path) as file:
        if ".jsonl" in name:
            return _write_json_lines(map(_row, documents), file)
        return _write_csv(map(_row, documents), file)


def _write_csv(rows: Iterable[dict[str, str]], file: TextIO) -> int:
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    return sum(1 for row in rows if writer.writerow(row))


def _write_json_lines(rows: Iterable[dict[str, str]], file: TextIO) -> int:
    return sum(1 for row in rows if file.write(json.dumps(row, ensure_ascii=False) + "\n"))


def _row(document: DemoDocument) -> dict[str, str]:
    return {
        "control_number": document.control_number,
        "title": document.title,
        "text": document.text,
        "tags": ";".join(document.tags),
        "custodian": document.metadata["custodian"],
        "sent": document.metadata["sent"],
        "thread": document.metadata["thread"],
        "label": "1" if document.relevant else "0",
        "topic": document.topic,
    }


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with path.open("wb") as raw:
        if path.name.lower().endswith(".gz"):
            # No name and no time in the gzip header: the same documents, the same bytes.
            packed = gzip.GzipFile("", "wb", fileobj=raw, mtime=0)
            with packed, TextIOWrapper(packed, "utf-8", newline="") as file:
                yield file
        else:
            with TextIOWrapper(raw, "utf-8", newline="") as file:
                yield file
