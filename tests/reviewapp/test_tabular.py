"""The reader of outside bytes: whatever comes, good rows are read and bad ones are named."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewapp.errors import Invalid, TooLarge
from reviewapp.tabular import BadRow, Row, clean_text, open_table, verify

Reader = Callable[..., list[Row | BadRow]]
LIMIT = 300_000  # characters of a text in these tests


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Everything that a file of this content and name gives."""

    def everything(content: bytes, filename: str = "documents.csv") -> list[Row | BadRow]:
        path = tmp_path / "upload"
        path.write_bytes(content)
        with open_table(path, filename, text_limit=LIMIT) as table:
            return list(table)

    return everything


def good(rows: list[Row | BadRow]) -> list[dict[str, object]]:
    return [dict(row.values) for row in rows if isinstance(row, Row)]


def bad(rows: list[Row | BadRow]) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in rows if isinstance(row, BadRow)]


def test_rows_come_with_the_line_where_they_begin(read: Reader) -> None:
    rows = read(b'id,text\r\n1,"two\r\nlines"\r\n\r\n2,one\r\n')
    assert rows == [Row(2, {"id": "1", "text": "two\r\nlines"}), Row(5, {"id": "2", "text": "one"})]


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (b"id,text\n1,a\n", "x.csv"),
        (b"id;text\n1;a\n", "x.CSV"),
        (b"id\ttext\n1\ta\n", "x.csv"),
        (b"id\ttext\n1\ta\n", "x.tsv"),
        (b"\xef\xbb\xbfid,text\n1,a\n", "x.txt"),
        (b"id,text\r1,a\r", "old mac.csv"),
        (gzip.compress(b"id,text\n1,a\n", mtime=0), "x.csv.gz"),
        (gzip.compress(b"\xef\xbb\xbfid,text\n1,a\n", mtime=0), "misnamed.csv"),
        (b'{"id": "1", "text": "a"}\n', "x.jsonl"),
        (b'\xef\xbb\xbf{"id": 1, "text": "a"}', "x.ndjson"),
    ],
)
def test_every_kind_of_file_gives_the_same_row(read: Reader, content: bytes, filename: str) -> None:
    assert good(read(content, filename)) == [{"id": "1", "text": "a"}]


def test_a_field_of_200_kb_is_read_whole(read: Reader) -> None:
    text = "word " * 40_000
    assert good(read(f'id,text\n1,"{text}"\n'.encode())) == [{"id": "1", "text": text}]


def test_ragged_rows_are_reported_and_the_others_read(read: Reader) -> None:
    """U-15: bad rows are listed with line and reason, good ones load."""
    rows = read(b"id,text\n1,a\n2\n3,c,d\n4,e\n")
    assert [row["id"] for row in good(rows)] == ["1", "4"]
    assert bad(rows) == [
        (3, "Has 1 columns where the header names 2."),
        (4, "Has 3 columns where the header names 2."),
    ]


def test_a_row_that_is_not_utf8_names_the_first_bad_byte_and_costs_only_itself(read: Reader) -> None:
    rows = read("id,text\n1,café\n".encode() + b"2,\xc3\xa9 caf\xe9\n" + b"3,c\n")
    assert [row["id"] for row in good(rows)] == ["1", "3"]
    assert bad(rows) == [(3, "Column “text” is not UTF-8: byte 0xE9 at position 7.")]


def test_a_json_line_that_is_not_utf8_names_the_first_bad_byte(read: Reader) -> None:
    rows = read(b'{"id": 1, "text": "a"}\n{"id": 2, "text": "\xff"}\n{"id": 3, "text": "c"}\n', "x.jsonl")
    assert [row["id"] for row in good(rows)] == ["1", "3"]
    assert bad(rows) == [(2, "Not UTF-8: byte 0xFF at position 20.")]


def test_a_quotation_mark_that_is_never_closed_costs_one_row(read: Reader) -> None:
    rows = read(b'id,text\n1,a\n2,"open\n3,c\n4,d\n')
    assert [row["id"] for row in good(rows)] == ["1", "3", "4"]
    assert bad(rows) == [(3, "The quotation mark that opens on line 3 is never closed.")]


def test_an_open_quotation_mark_before_quoted_rows_does_not_join_them(read: Reader) -> None:
    rows = read(b'id,text\n1,"open\n2,b\n3,"three, quoted"\n4,d\n')
    assert [row["id"] for row in good(rows)] == ["2", "3", "4"]
    assert bad(rows) == [(2, "The quotation mark that opens on line 2 is never closed.")]


def test_lines_of_a_badly_quoted_text_do_not_become_rows(read: Reader) -> None:
    rows = read(b'id,text\n1,"Dear X\nhe said "hi" to me\nbye"\n2,b\n')
    assert [row["id"] for row in good(rows)] == ["2"]
    assert bad(rows)[0] == (2, "Lines 2 to 3: a quotation mark inside a quoted field must be doubled.")


def test_an_open_quotation_mark_does_not_swallow_a_file_beyond_the_limit(read: Reader) -> None:
    rows = read(b'id,text\n1,"open\n' + b"".join(b"%d,%s\n" % (n, b"x" * 100) for n in range(2, 20_000)))
    assert len(good(rows)) == 19_998
    assert bad(rows) == [(2, "The quotation mark that opens on line 2 is never closed.")]


def test_a_quoted_text_beyond_the_limit_is_refused_without_making_rows_of_its_lines(read: Reader) -> None:
    text = b"a line of the text\n" * 150_000
    rows = read(b'id,text\n1,"' + text + b'"\n2,b\n')
    assert good(rows) == [{"id": "2", "text": "b"}]
    assert bad(rows) == [(2, "Lines 2 to 150002: longer than 1,600,000 characters.")]


def test_a_line_beyond_the_limit_is_refused_and_the_next_one_read(read: Reader) -> None:
    rows = read(b"id,text\n1," + b"x" * 5_000_000 + b"\n2,b\n")
    assert good(rows) == [{"id": "2", "text": "b"}]
    assert bad(rows) == [(2, "Line 2: longer than 1,600,000 characters.")]
    rows = read(b'{"t": "a"}\n{"t": "' + b"x" * 5_000_000 + b'"}\n{"t": "c"}', "x.jsonl")
    assert good(rows) == [{"t": "a"}, {"t": "c"}]
    assert bad(rows) == [(2, "The line is longer than 2,800,000 characters.")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": 1, "id": 2}', "The key “id” occurs twice."),
        (b'{"id": {"a": 1, "a": 2}}', "The key “a” occurs twice."),
        (b'{"id": NaN}', "NaN is not JSON."),
        (b'{"id": -Infinity}', "-Infinity is not JSON."),
        (b'{"id": "\\ud800"}', "“id” holds half of a character (a lone surrogate)."),
        (b'{"id": ["\\udc00"]}', "“id” holds half of a character (a lone surrogate)."),
        (b'["id", 1]', "Not a JSON object. Each line must be one object, like {“id”: …, “text”: …}."),
        (b'"id"', "Not a JSON object. Each line must be one object, like {“id”: …, “text”: …}."),
        (b'{"id": 1', "Not JSON: Expecting ',' delimiter at character 10."),
        (b'{"id": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", "Nested more than 32 levels deep."),
        (b'{"id": ' + b"[" * 40 + b"]" * 40 + b"}", "“id” is nested more than 32 levels deep."),
        (b'{"id": {"n": ' + b"9" * 5_000 + b"}}", "“id” holds a number that is too large."),
        (b'{"": 1}', "“” cannot be a key: 1 to 255 printable characters."),
        (b'{"\\u0000": 1}', "“?” cannot be a key: 1 to 255 printable characters."),
    ],
)
def test_hostile_json_lines_are_refused_with_a_reason(read: Reader, line: bytes, reason: str) -> None:
    rows = read(b'{"id": "first"}\n' + line + b'\n\n{"id": "last"}\n', "x.jsonl")
    assert good(rows) == [{"id": "first"}, {"id": "last"}]
    assert bad(rows) == [(2, reason)]


def test_json_values_become_texts_with_nothing_lost(read: Reader) -> None:
    line = b'{"n": 1.10, "big": 12345678901234567890123, "t": true, "o": null, "l": ["a", 2], "d": {"x": [1, null]}}'
    assert good(read(line, "x.jsonl")) == [
        {"n": "1.10", "big": "12345678901234567890123", "t": "true", "l": ("a", "2"), "d": '{"x": [1, null]}'}
    ]


def test_a_pair_of_surrogate_escapes_is_one_character(read: Reader) -> None:
    assert good(read(b'{"t": "\\ud83d\\ude00"}', "x.jsonl")) == [{"t": "\U0001f600"}]


def test_columns_of_json_lines_are_the_keys_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b'{"b": 1}\n{"a": 1, "b": 2}\n{"c": null}\n')
    with open_table(path, "x.jsonl") as table:
        assert table.columns == ("b", "a")
        assert len(list(table)) == 3


@pytest.mark.parametrize(
    ("content", "filename", "reason"),
    [
        (b"", "x.csv", "The file is empty."),
        (b"\n\n", "x.csv", "The file is empty."),
        (b"id,text", "x.xlsx", "“x.xlsx” is of no kind that can be read."),
        (b"PK\x03\x04rest", "x.csv", "This is a workbook or a zip archive."),
        ("id,text\n1,a\n".encode("utf-16"), "x.csv", "looks like UTF-16"),
        ("id,text\n1,a\n".encode("utf-16-le"), "x.csv", "looks like UTF-16"),
        ("id,text\n1,a\n".encode("utf-32"), "x.csv", "looks like UTF-16"),
        (b"id,,text\n1,2,3\n", "x.csv", "Column 2 has no name"),
        (b"id,text,id\n1,2,3\n", "x.csv", "Two columns are named “id”."),
        (b"id,caf\xe9\n1,2\n", "x.csv", "The name of column 2 is not UTF-8."),
        (b"1,15\n2,16\n", "x.csv", "The first row holds only numbers."),
        (b"1," + b"word " * 100 + b"\n", "x.csv", "is no name for a column"),
        (b'"id,text\n1,a\n', "x.csv", "The first row, which should name the columns, cannot be read"),
        (b"x" * 3_000_000, "x.csv", "The first line is far too long"),
        (b",".join(b"c%d" % n for n in range(1001)), "x.csv", "The file has 1,001 columns"),
        (b'[{"id": 1}]\n', "x.jsonl", "None of the first 1 lines is a JSON object"),
        (gzip.compress(b"id,text\n" * 20_000, mtime=0)[:60], "x.csv.gz", "The gzipped file is damaged or cut off"),
    ],
)
def test_what_spoils_the_whole_file_is_said_at_once(read: Reader, content: bytes, filename: str, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(content, filename)
    assert reason in refusal.value.message


def test_a_gzip_bomb_is_stopped_early(read: Reader, tmp_path: Path) -> None:
    bomb = gzip.compress(b"id,text\n1," + b"x" * 60_000_000)
    with pytest.raises(TooLarge):
        read(bomb, "x.csv.gz")
    path = tmp_path / "bomb"
    path.write_bytes(bomb)
    with pytest.raises(TooLarge):
        list(verify(path))


def test_a_gzipped_file_that_was_cut_off_is_found_before_it_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "cut"
    packed = gzip.compress(b"".join(b"%d,%d\n" % (n, zlib.crc32(b"%d" % n)) for n in range(50_000)))
    path.write_bytes(packed)
    assert list(verify(path))[-1] == len(packed)
    path.write_bytes(packed[:-20])
    with pytest.raises(Invalid, match="damaged or cut off"):
        list(verify(path))


def test_the_position_reaches_the_size(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"id,text\n" + b"1,a\n" * 50_000)
    with open_table(path, "x.csv") as table:
        first = next(iter(table))
        assert isinstance(first, Row)
        assert 0 < table.position < table.size
        list(table)
        assert table.position == table.size


def test_nul_becomes_the_replacement_character() -> None:
    assert clean_text("a\0b") == "a\ufffdb"


# What CSV can carry: any character but NUL, which is judged later, and surrogates, which are none.
cells = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=40)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(cells, cells, cells), max_size=8), separator=st.sampled_from(",;\t"), packed=st.booleans()
)
def test_what_was_written_as_csv_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], separator: str, packed: bool
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "title", "text"), *rows])
    content = written.getvalue().encode()
    path = tmp_path_factory.getbasetemp() / "round-trip"
    path.write_bytes(gzip.compress(content) if packed else content)
    with open_table(path, "x.csv") as table:
        assert [tuple(row.values.values()) for row in table if isinstance(row, Row)] == rows


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.dictionaries(cells.filter(str.isprintable).filter(bool), cells, min_size=1), min_size=1, max_size=8
    )
)
def test_what_was_written_as_json_lines_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with open_table(path, "x.jsonl") as table:
        assert [row.values for row in table if isinstance(row, Row)] == rows


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=300), filename=st.sampled_from(["x.csv", "x.tsv", "x.jsonl"]))
def test_no_bytes_at_all_make_the_reader_fail_otherwise_than_by_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, filename: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "anything"
    path.write_bytes(content)
    try:
        with open_table(path, filename, text_limit=50) as table:
            lines = [row.line for row in table]
    except Invalid as refusal:
        assert refusal.message
    else:
        assert lines == sorted(set(lines))


@settings(max_examples=200, deadline=None)
@given(body=st.text(alphabet='a,"\n', max_size=60))
def test_bad_quoting_never_reaches_back_to_the_rows_before_it(
    tmp_path_factory: pytest.TempPathFactory, body: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "quotes"
    path.write_text(f"id,text\n0,first\n{body}\n1,last\n", encoding="utf-8")
    with open_table(path, "x.csv") as table:
        rows = list(table)
    lines = [row.line for row in rows]
    assert rows[0] == Row(2, {"id": "0", "text": "first"})
    assert len(rows) > 1
    assert lines == sorted(set(lines))
