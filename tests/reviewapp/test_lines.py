"""Rows as text: no cell that came from outside acts as a formula, and JSON lines lose nothing."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reviewapp.lines import FORMULA, csv_lines, json_lines

FORMULAS = some.tuples(some.text(" \n\v\f", max_size=3), some.sampled_from(FORMULA), some.text(max_size=8)).map("".join)


def read_back(text: str) -> str:
    written = b"".join(csv_lines(["a"], [{"a": text}])).decode()
    return list(csv.reader(io.StringIO(written, newline="")))[1][0]


@given(FORMULAS)
def test_a_cell_that_would_act_gets_an_apostrophe(text: str) -> None:
    """TRUST part 7: = + - @ TAB CR, also after white space and in full width."""
    assert read_back(text) == f"'{text}"


@pytest.mark.parametrize("text", ["a=b", "'quoted", "7", "", "ä"])
def test_any_other_cell_stays(text: str) -> None:
    assert read_back(text) == text


def test_a_column_that_somebody_named_like_a_formula_does_not_act_either() -> None:
    assert b"".join(csv_lines(["=cmd"], [])).decode() == "'=cmd\r\n"


def test_numbers_of_ours_stay_numbers() -> None:
    assert b"".join(csv_lines(["a"], [{"a": -1.5}, {"a": 7}, {"a": None}])).decode() == 'a\r\n-1.5\r\n7\r\n""\r\n'


@given(
    some.lists(
        some.dictionaries(some.text(), some.text(some.characters(exclude_categories=["Cs"])) | some.integers(0, 99))
    )
)
def test_json_lines_give_every_value_as_it_is_and_the_same_bytes_again(rows: list[dict[str, object]]) -> None:
    rows = [{name: value for name, value in row.items() if name.isprintable()} for row in rows]
    written = b"".join(json_lines(rows))
    read = [json.loads(line) for line in written.split(b"\n")[:-1]]
    assert read == rows
    assert b"".join(json_lines(read)) == written
