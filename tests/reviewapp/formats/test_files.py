"""Tasks leave as files and come back as they were; what is wrong in a file is told with its place."""

import gzip
import json
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewapp.errors import Invalid, TooLarge
from reviewapp.formats import FORMATS, BadTask, Completion, Format, Region, Task, read, write
from reviewapp.formats.conll import BY_SPACES, TOKENIZED
from reviewapp.formats.label_studio import read_task, write_task
from tests.reviewapp.formats.made import COMPLETIONS, TASKS

REAL = Path(__file__).parents[4].parent / "shared" / "data" / "ner"


def through(tasks: list[Task], format_: Format, folder: Path) -> list[Task | BadTask]:
    path = folder / f"tasks{FORMATS[format_]}"
    path.write_bytes(b"".join(write(lambda: tasks, format_)))
    return list(read(path, path.name))


def told(folder: Path, name: str, content: str) -> list[str]:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return [str(bad) for bad in read(path, name) if isinstance(bad, BadTask)]


def refused(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.write_bytes(content)
    with pytest.raises(Invalid) as caught:
        list(read(path, name))
    return caught.value.message


@pytest.mark.parametrize("format_", ["annotation-lab", "label-studio", "csv", "tsv"])
@settings(max_examples=40, deadline=None)
@given(tasks=TASKS)
def test_nothing_is_lost_on_the_way_out_and_back(format_: Format, tasks: list[Task]) -> None:
    with TemporaryDirectory() as folder:
        assert through(tasks, format_, Path(folder)) == tasks


LAB = {
    "id": 7,
    "data": {"text": "No fever since Monday.", "title": "Note 7"},
    "completions": [
        {
            "id": 1001,
            "result": [
                {
                    "value": {"start": 3, "end": 8, "text": "fever", "labels": ["Symptom"], "confidence": 0.5},
                    "id": "a1",
                    "from_name": "label",
                    "to_name": "text",
                    "type": "labels",
                },
                {
                    "value": {"choices": ["Adult"]},
                    "id": "b1",
                    "from_name": "age",
                    "to_name": "text",
                    "type": "choices",
                },
                {"from_id": "a1", "to_id": "a1", "type": "relation", "direction": "right"},
            ],
            "honeypot": True,
            "submitted_at": "2024-05-01T10:00:00Z",
            "lead_time": 12.5,
            "review_status": {"approved": True, "reviewer": "bob", "comment": "fine", "reviewed_at": "2024-05-02"},
            "created_username": "alice",
            "created_ago": "2024-05-01T09:00:00Z",
            "updated_by": "alice",
            "copied_from": "",
        }
    ],
    "predictions": [],
    "tags": ["ward 3"],
    "created_at": "2024-04-30",
    "created_by": "carol",
}


def test_a_task_of_annotation_lab_is_read_and_written_back_key_for_key() -> None:
    """2.2.7: the shape of its JSON export."""
    task = read_task(LAB)
    [completion] = task.completions
    assert (task.id, task.tags, completion.annotator, completion.ground_truth) == (7, ("ward 3",), "alice", True)
    assert completion.review is not None
    assert completion.review.approved
    assert next(completion.regions) == Region(3, 8, ("Symptom",), "fever", "a1", "label", "text", 0.5)
    assert write_task(task, "annotation-lab") == LAB


def test_the_same_task_in_label_studios_shape_says_the_same() -> None:
    written = write_task(read_task(LAB), "label-studio")
    [annotation] = written["annotations"]
    assert annotation["ground_truth"] is True
    assert annotation["completed_by"] == {"email": "alice"}
    assert annotation["result"][0]["score"] == 0.5
    assert read_task(written) == read_task(LAB)


def test_a_list_of_plain_texts_is_read_as_tasks(tmp_path: Path) -> None:
    """2.2.7: JSON list of text and title."""
    path = tmp_path / "plain.json"
    path.write_text('\ufeff[{"text": "One.", "title": "1"},\n {"id": 5, "text": "Two."}]', encoding="utf-8")
    assert list(read(path, path.name)) == [Task({"text": "One.", "title": "1"}), Task({"text": "Two."}, id=5)]


def test_objects_line_by_line_are_read_as_tasks(tmp_path: Path) -> None:
    path = tmp_path / "plain.jsonl"
    path.write_text('{"text": "One."}\n\n{"text": "Two."}\n', encoding="utf-8")
    assert list(read(path, path.name)) == [Task({"text": "One."}), Task({"text": "Two."})]


def test_bad_tasks_are_told_with_line_and_task_and_the_others_are_read(tmp_path: Path) -> None:
    span = '{"type": "labels", "value": {"start": 5, "end": 2, "labels": ["X"]}}'
    lines = [
        '{"data": {"text": "a"}}',
        '{"data": {"text": "b"}, "completions": [{"result": []}, {"result": [' + span + "]}]}",
        '{"data": 3}',
        "4",
        '{"data": {"text": "c"}, "id": 2.5}',
        '{"data": {"text": "d"}, "predictions": [{"score": "high"}]}',
        '{"data": {"text": "e"}}',
    ]
    assert told(tmp_path, "tasks.json", "[" + ",\n".join(lines) + "]") == [
        "Line 2, task 2: completion 2: result 1: a span from 5 to 2 is none.",
        "Line 3, task 3: “data” is not an object.",
        "Line 4, task 4: The task is not an object.",
        "Line 5, task 5: “id” is neither a whole number nor a text.",
        "Line 6, task 6: prediction 1: “score” is not a number.",
    ]
    assert [task.data["text"] for task in read(tmp_path / "tasks.json", "tasks.json") if isinstance(task, Task)] == [
        "a",
        "e",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"a": 1}\n,{"a" 1}]', "t.json, line 2, column 7: Expecting ':' delimiter."),
        (b'[{"a": 1}', "t.json, line 1, column 10: the list is not closed."),
        (b'[{"a": 1} {"a": 2}]', "t.json, line 1, column 11: a comma or the end of the list is missing."),
        (b'[{"a": 1}] {}', "t.json, line 1, column 12: something stands behind the end of the list."),
        (b'[{"a": "\xff"}]', "t.json, near line 1: the file is not UTF-8."),
        (b"[" * 100_000, "t.json, line 1, column 2: it is not closed."),
        (b'[{"a": NaN, "b": "x', "t.json, line 1, column 2: it is not closed."),
    ],
)
def test_a_file_that_is_no_json_is_refused_with_its_place(tmp_path: Path, content: bytes, said: str) -> None:
    assert refused(tmp_path, "t.json", content) == said


@pytest.mark.parametrize(
    ("element", "said"),
    [
        ('{"a": 1, "a": 2}', "The key “a” occurs twice."),
        ('{"text": "]}", "a": [NaN, "\\"]}"]}', "NaN is not JSON."),
        ('{"a": -Infinity}', "-Infinity is not JSON."),
        ('{"a": 1e999}', "1e999 is too large a number."),
        ("1e999", "1e999 is too large a number."),
        ('{"a": ' + "1" * 1_000_000 + "}", f"{'1' * 18}… is too large a number."),
        ("1" * 1_000_000, f"{'1' * 18}… is too large a number."),
        ('{"a": "\\ud800"}', "Half of a character (a lone surrogate)."),
        ('{"a": ' + "[" * 20_000 + "]" * 20_000 + "}", "It is nested too deeply."),
        ('{"a":' * 20_000 + "1" + "}" * 20_000, "It is nested too deeply."),
        ("[" * 20_000 + '"]"' + "]" * 20_000, "It is nested too deeply."),
    ],
)
def test_a_task_that_cannot_be_kept_is_told_and_reading_goes_on(tmp_path: Path, element: str, said: str) -> None:
    good = '{"text": "Fever."}'
    listed = through_text(tmp_path, f"[{good},\n{element},\n{good}]", "t.json")
    lines = through_text(tmp_path, f"{good}\n{element}\n{good}\n", "t.jsonl")
    fever = Task({"text": "Fever."})
    assert listed == lines == [fever, BadTask(2, 2, said), fever]


def test_an_error_deep_in_a_large_file_is_told_with_its_line(tmp_path: Path) -> None:
    rows = [json.dumps({"text": "word " * 400})] * 2_000
    rows[1_500] = '{"text": oops}'
    content = "[" + ",\n".join(rows) + "]"
    assert refused(tmp_path, "t.json", content.encode()).startswith("t.json, line 1501, column 10: ")


def test_a_large_file_is_read_in_little_memory_and_time(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        file.write(",".join(json.dumps({"data": {"text": "word " * 200}, "id": n}) for n in range(20_000)))
        file.write("]")
    started = time.process_time()
    tracemalloc.start()
    assert sum(isinstance(task, Task) for task in read(path, path.name)) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 10
    assert time.process_time() - started < 60


def test_a_task_that_never_ends_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewapp.formats.stream.LONGEST", 1 << 18)
    path = tmp_path / "endless.json"
    path.write_text('[{"text": "' + "x" * (1 << 21), encoding="utf-8")
    with pytest.raises(TooLarge, match=r"endless.json, line 1: one task has more than 262,144 characters"):
        list(read(path, path.name))


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(Invalid, match=r"“tasks.docx” is of no kind that holds tasks. Known are .json"):
        read(Path("tasks.docx"), "tasks.docx")


def test_a_table_of_texts_is_read_as_tasks_whose_data_are_the_columns(tmp_path: Path) -> None:
    """2.2.7: CSV and TSV whose columns become data keys."""
    path = tmp_path / "notes.csv"
    path.write_text("id,text,age/text\n12,No fever.,Adult\nn-2,Well.,\n", encoding="utf-8")
    first, second = read(path, path.name)
    assert isinstance(first, Task)
    [completion] = first.completions
    assert (first.id, first.data) == (12, {"text": "No fever."})
    assert [answer.choices for answer in completion.answers] == [("Adult",)]
    assert second == Task({"text": "Well."}, id="n-2")


def test_a_table_says_choices_and_spans_in_columns_of_their_own(tmp_path: Path) -> None:
    """2.2.7: columns named from from_name/to_name."""
    content = b"".join(write(lambda: [read_task(LAB)], "csv")).decode()
    header, row = content.splitlines()
    assert header.startswith("task,text,title,label/text,age/text,annotator,submitted_at,ground_truth,")
    assert ",Adult,alice,2024-05-01T10:00:00Z,true," in row


def test_a_table_is_believed_by_its_readable_columns_where_the_json_is_emptied(tmp_path: Path) -> None:
    content = "task,text,age/text,label/text,annotator,ground_truth,task_json,completion_json\n"
    spans = '"[{""start"":3,""end"":8,""text"":""fever"",""labels"":[""Symptom""]}]"'
    [task] = through_text(tmp_path, content + f"1,No fever.,Adult,{spans},alice,true,,\n")
    assert isinstance(task, Task)
    [completion] = task.completions
    assert completion.annotator == "alice"
    assert completion.ground_truth
    assert [region.labels for region in completion.regions] == [("Symptom",)]
    assert [answer.choices for answer in completion.answers] == [("Adult",)]


def test_a_table_whose_columns_disagree_is_not_guessed_at(tmp_path: Path) -> None:
    edited = b"".join(write(lambda: [read_task(LAB)], "csv")).decode().replace(",Adult,", ",Child,")
    assert told(tmp_path, "tasks.csv", edited) == [
        "Line 2, task 1: “age/text” and completion_json disagree; empty completion_json to use what “age/text” says."
    ]


def test_bad_rows_of_a_table_are_told_with_their_line(tmp_path: Path) -> None:
    content = "text,label/text\nfine,\nthree,too,many\nbad,[?]\nworse,[1]\n"
    assert told(tmp_path, "t.csv", content) == [
        "Line 3, task 2: Has 3 columns where the header names 2.",
        "Line 4, task 3: “label/text” is no JSON: Expecting value: line 1 column 2 (char 1).",
        "Line 5, task 4: “label/text”, span 1, is not an object.",
    ]


@given(st.text(st.sampled_from("=+-@'\t\r\n a"), max_size=6))
def test_no_cell_of_a_table_acts_as_a_formula(text: str) -> None:
    with TemporaryDirectory() as folder:
        tasks = [Task({"text": text})]
        assert through(tasks, "csv", Path(folder)) == tasks
    content = b"".join(write(lambda: tasks, "csv")).decode()
    assert not content.split("\n", 1)[1].removeprefix("1,").lstrip('" \n').startswith(("=", "+", "-", "@"))


def test_a_name_that_no_column_can_have_is_refused() -> None:
    with pytest.raises(Invalid, match=r"“a;b” cannot be the name of a column. Export as JSON instead."):
        list(write(lambda: [Task({"a;b": "x"})], "csv"))


CONLL = (
    "-DOCSTART- -X- O\n\n"
    "U.N. -X- _ B-ORG\nofficial -X- _ O\nEkeus -X- _ B-PER\n. -X- _ O\n\n"
    "New -X- _ B-Past Place\nYork -X- _ I-Past Place\n\n"
)


def test_a_conll_document_becomes_one_task_and_the_very_same_document_again(tmp_path: Path) -> None:
    [task] = through_text(tmp_path, CONLL, "a.conll")
    assert isinstance(task, Task)
    assert task.data == {"text": "U.N. official Ekeus .\nNew York", TOKENIZED: BY_SPACES}
    spans = [(region.text, region.labels) for region in task.completions[0].regions]
    assert spans == [("U.N.", ("ORG",)), ("Ekeus", ("PER",)), ("New York", ("Past Place",))]
    assert b"".join(write(lambda: [task], "conll2003")).decode() == CONLL


def test_conll_without_documents_is_a_task_a_sentence_in_any_notation(tmp_path: Path) -> None:
    tasks = through_text(tmp_path, "A\tS-X\r\nB\tI-Y\r\nC\tE-Y\r\n\r\n\r\nD O\n", "a.iob")
    assert [task.data["text"] for task in tasks if isinstance(task, Task)] == ["A B C", "D"]
    assert isinstance(tasks[0], Task)
    assert [region.text for region in tasks[0].completions[0].regions] == ["A", "B C"]


def test_a_bad_tag_is_told_with_its_line_and_the_next_document_is_read(tmp_path: Path) -> None:
    content = "-DOCSTART- -X- O\n\nA O\nB Person\n\n-DOCSTART- -X- O\n\nC O\n"
    assert told(tmp_path, "a.conll", content) == ["Line 3, task 1: line 4: “Person” is no tag (O, B-LABEL, I-LABEL)."]
    assert isinstance(list(read(tmp_path / "a.conll", "a.conll"))[1], Task)


def test_what_conll_has_no_place_for_is_reported() -> None:
    said: list[str] = []
    text = "No fever, no chest pain."
    regions = (Region(3, 8, ("Symptom",)), Region(13, 23, ("Symptom",)), Region(13, 18, ("Body",)))
    task = Task({"text": text}, completions=(replace(read_task(LAB).completions[0], results=regions),))
    behind = Task({"text": "x"}, completions=(Completion((Region(3, 8, ("Symptom",)),)),))
    written = b"".join(write(lambda: [task, behind], "conll2003", lambda bad: said.append(str(bad)))).decode()
    assert "fever -X- _ B-Symptom\n, -X- _ O\n" in written
    assert "chest -X- _ B-Symptom\npain -X- _ I-Symptom\n. -X- _ O\n" in written
    assert said == [
        "Task 1: 1 results have no place in CoNLL-2003 and are left out.",
        "Task 2: a span ends behind the text, which has 1 characters.",
    ]


def test_every_completion_is_a_document() -> None:
    """2.2.7: all available completions."""
    twice = replace(read_task(LAB), completions=read_task(LAB).completions * 2)
    assert b"".join(write(lambda: [twice], "conll2003")).count(b"-DOCSTART-") == 2


@settings(max_examples=30)
@given(completion=COMPLETIONS)
def test_any_completion_is_written_as_conll_or_reported(completion: Completion) -> None:
    said: list[BadTask] = []
    task = Task(
        {"text": "The quick brown fox. It jumps over the lazy dog, and then it sleeps."}, completions=(completion,)
    )
    written = list(write(lambda: [task], "conll2003", said.append))
    assert len(written) == 1 or len(said) == 1


@pytest.mark.parametrize("name", ["ncbi_train", "ncbi_dev", "ncbi_test"])
def test_real_sentences_come_back_with_every_span(name: str, tmp_path: Path) -> None:
    if not REAL.exists():
        pytest.skip(f"There is no {REAL}")
    lines = []
    with gzip.open(REAL / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        for sentence in map(json.loads, file):
            lines += [f"{token} -X- _ {tag}\n" for token, tag in zip(sentence["tokens"], sentence["tags"], strict=True)]
            lines.append("\n")
    content = "-DOCSTART- -X- O\n\n" + "".join(lines)
    [task] = through_text(tmp_path, content, "real.conll")
    assert isinstance(task, Task)
    assert b"".join(write(lambda: [task], "conll2003")).decode() == content


def through_text(folder: Path, content: str, name: str = "tasks.csv") -> list[Task | BadTask]:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return list(read(path, name))
