"""The collection as a file that the importer and the replay read."""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reviewapp.demo.collection import generate
from reviewapp.demo.table import COLUMNS, ENDINGS, write
from reviewapp.errors import Invalid
from reviewapp.tabular import open_table


def _rows(path: Path) -> Iterator[dict[str, str]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.name.endswith(".gz") else raw).decode()
    if ".csv" in path.name:
        return csv.DictReader(text.splitlines(keepends=True))
    return map(json.loads, text.splitlines())


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_holds_the_documents_and_their_truth(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"collection{ending}"
    assert write(generate(150), path) == 150
    rows = list(_rows(path))
    documents = list(generate(150))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["text"] for row in rows] == [document.text for document in documents]
    assert [row["label"] for row in rows] == ["1" if document.relevant else "0" for document in documents]
    assert rows[3]["tags"].split(";") == list(documents[3].tags)


@pytest.mark.parametrize("ending", [".csv.gz", ".jsonl.gz", ".csv"])
def test_the_same_collection_gives_the_same_file(tmp_path: Path, ending: str) -> None:
    for name in ("one", "two"):
        write(generate(40), tmp_path / f"{name}{ending}")
    assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"two{ending}").read_bytes()


def test_a_name_without_a_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "collection.xlsx"
    with pytest.raises(Invalid, match=r"collection\.xlsx .* \.csv"):
        write(generate(5), path)
    assert not path.exists()


def test_the_command_writes_what_the_products_own_reader_reads(tmp_path: Path) -> None:
    path = tmp_path / "demo.csv.gz"
    call_command("generate_collection", "--documents", "120", "--seed", "3", "--out", str(path))
    with open_table(path, path.name) as table:
        assert list(table.columns) == list(COLUMNS)
        assert sum(1 for _ in table) == 120


def test_the_command_says_what_it_cannot_do(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--documents must be 1 or more"):
        call_command("generate_collection", "--documents", "0", "--out", str(tmp_path / "a.csv"))
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("generate_collection", "--documents", "1", "--out", str(tmp_path / "nowhere" / "a.csv"))
