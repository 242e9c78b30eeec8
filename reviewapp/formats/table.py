"""Tasks as CSV or TSV: a row a completion, a column for each field of the data and for each part of the config.

The columns named ``from_name/to_name`` are for people and spreadsheets; the columns ``task_json`` and
``completion_json`` hold what no cell has room for, so that nothing is lost. Where both are there they must agree. A
table without them is read too: a row a task, its columns the data, answers from ``from_name/to_name`` columns.

No cell can act as a formula: one that would gets an apostrophe in front, which reading takes away again.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from reviewapp.errors import Invalid
from reviewapp.formats import stream
from reviewapp.formats.label_studio import read_completion, read_task, write_completion, write_task
from reviewapp.formats.results import copied, read_result
from reviewapp.formats.tasks import Answer, BadTask, Completion, Malformed, Region, Result, Task
from reviewapp.lines import FORMULA, encode
from reviewapp.tabular import COLUMN_LIMIT, CONTROL, NAME_LIMIT, BadRow, Row, open_table

TASK, TASK_JSON, COMPLETION_JSON = "task", "task_json", "completion_json"
READABLE = ("annotator", "submitted_at", "ground_truth")
OURS = (TASK, TASK_JSON, COMPLETION_JSON, *READABLE)
DATA = "data:"  # before a field of the data that has the name of another column

_FORMULA = re.compile(rf"'*[ \n\v\f]*[{re.escape(''.join(FORMULA))}]")


class _Line:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


@dataclass(frozen=True)
class Columns:
    """The fields of the data and the parts of the config that tasks speak of."""

    fields: tuple[str, ...]
    parts: tuple[str, ...]

    @classmethod
    def of(cls, tasks: Iterable[Task]) -> "Columns":
        """Those that occur, in the order in which they come; raises :class:`Invalid` for what names no column."""
        fields: dict[str, None] = {}
        parts: dict[str, None] = {}
        for task in tasks:
            fields |= dict.fromkeys(name for name, value in task.data.items() if isinstance(value, str))
            said = (each for completion in task.completions for each in completion.results)
            parts |= dict.fromkeys(_part(each) for each in said if isinstance(each, Region | Answer))
        for name in (*fields, *parts):
            if (
                name != name.strip()
                or not name
                or len(name) > NAME_LIMIT - len(DATA)
                or CONTROL.search(name)
                or ";" in name
            ):
                raise Invalid(f"“{name[:40]}” cannot be the name of a column. Export as JSON instead.")
        if len(fields) + len(parts) + len(OURS) > COLUMN_LIMIT:
            raise Invalid(f"There would be more than {COLUMN_LIMIT:,} columns. Export as JSON instead.")
        return cls(tuple(fields), tuple(parts))


def write_table(tasks: Callable[[], Iterable[Task]], separator: str) -> Iterator[bytes]:
    """The tasks as rows; ``tasks`` is asked twice, for the columns and for the rows."""
    columns = Columns.of(tasks())
    writer: Any = csv.writer(_Line(), delimiter=separator)
    names = (*map(_column, columns.fields), *columns.parts)
    yield writer.writerow([TASK, *names, *READABLE, TASK_JSON, COMPLETION_JSON]).encode()
    for number, task in enumerate(tasks(), start=1):
        for row in _rows(task, columns):
            yield writer.writerow([str(number), *map(_safe, row)]).encode()


def read_table(path: Path, filename: str) -> Iterator[Task | BadTask]:
    """The tasks of a table, ``.csv`` or ``.tsv``; raises :class:`Invalid` when it cannot be read as one."""
    with open_table(path, filename) as table:
        ours = TASK in table.columns and COMPLETION_JSON in table.columns
        found = groupby(enumerate(table), key=lambda each: _number(each[0], each[1], ours))
        for number, (_, rows) in enumerate(found, start=1):
            yield _task(number, [row for _, row in rows], ours)


def _part(result: Region | Answer) -> str:
    return f"{result.from_name}/{result.to_name}"


def _column(name: str) -> str:
    return f"{DATA}{name}" if name in OURS or "/" in name or name.startswith(DATA) else name


def _rows(task: Task, columns: Columns) -> Iterator[list[str]]:
    fields = [value if isinstance(value := task.data.get(name), str) else "" for name in columns.fields]
    left = write_task(replace(task, completions=()), "annotation-lab") | {
        "data": {name: value for name, value in task.data.items() if not value or not isinstance(value, str)}
    }
    told = encode(left).decode()
    empty = [""] * (len(columns.parts) + len(READABLE))
    for completion in task.completions:
        parts = cells(completion.results)
        star = "true" if completion.ground_truth else "false"
        said = [*(parts.get(name, "") for name in columns.parts), completion.annotator, completion.submitted_at, star]
        yield [*fields, *said, told, encode(write_completion(completion, "annotation-lab")).decode()]
    if not task.completions:
        yield [*fields, *empty, told, ""]


def cells(results: Iterable[Result]) -> dict[str, str]:
    """What a person reads of the results in each part: a choice, or a JSON list of choices or spans."""
    found: dict[str, list[Any]] = {}
    plain: set[str] = set()
    for result in results:
        if isinstance(result, Region):
            span = {"start": result.start, "end": result.end, "text": result.text, "labels": list(result.labels)}
            found.setdefault(_part(result), []).append(span)
        elif isinstance(result, Answer):
            plain |= {_part(result)} if result.place is None else set()
            found.setdefault(_part(result), []).extend(result.choices)
    return {name: _cell(values, plain=name in plain) for name, values in found.items()}


def _cell(values: list[Any], *, plain: bool) -> str:
    single = plain and len(values) == 1 and isinstance(values[0], str) and not values[0].startswith("[")
    return values[0] if single else encode(values).decode()


def _safe(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _number(place: int, row: Row | BadRow, ours: bool) -> Any:
    """What rows of one task have in common; a row that cannot be read stands alone."""
    return row.values[TASK] if ours and isinstance(row, Row) else (place,)


def _task(number: int, rows: list[Row | BadRow], ours: bool) -> Task | BadTask:
    line = rows[0].line
    try:
        if bad := next((row for row in rows if isinstance(row, BadRow)), None):
            return BadTask(bad.line, number, bad.reason)
        said = [{name: _plain(str(cell)) for name, cell in row.values.items()} for row in rows if isinstance(row, Row)]
        return _ours(said) if ours else _foreign(said[0])
    except Malformed as problem:
        return BadTask(line, number, f"{problem}.")


def _ours(rows: Sequence[Mapping[str, str]]) -> Task:
    first = rows[0]
    fields = {name.removeprefix(DATA): cell for name, cell in first.items() if cell and _is_field(name)}
    task = read_task(_json(first.get(TASK_JSON) or '{"data": {}}', TASK_JSON))
    completions = (_completion(row) for row in rows if row[COMPLETION_JSON] or any(_answers(row).values()))
    return replace(task, data=fields | dict(task.data), completions=tuple(completions))


def _is_field(name: str) -> bool:
    return name.startswith(DATA) or (name not in OURS and "/" not in name)


def _answers(row: Mapping[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in row.items() if "/" in name and not name.startswith(DATA)}


def _completion(row: Mapping[str, str]) -> Completion:
    if not row[COMPLETION_JSON]:
        return Completion(
            tuple(_typed(_answers(row))),
            annotator=row.get("annotator", ""),
            submitted_at=row.get("submitted_at", ""),
            ground_truth=row.get("ground_truth") == "true",
        )
    completion = read_completion(_json(row[COMPLETION_JSON], COMPLETION_JSON))
    told = cells(completion.results)
    for name, cell in _answers(row).items():
        if cell != told.get(name, ""):
            raise Malformed(
                f"“{name}” and {COMPLETION_JSON} disagree; empty {COMPLETION_JSON} to use what “{name}” says"
            )
    return completion


def _foreign(row: Mapping[str, str]) -> Task:
    fields = {name: cell for name, cell in row.items() if "/" not in name}
    results = tuple(_typed(_answers(row)))
    number = fields.pop("id", "")
    identity = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else number or None
    return Task(fields, identity, (Completion(results, annotator=fields.pop("annotator", "")),) if results else ())


def _typed(answers: Mapping[str, str]) -> Iterator[Result]:
    """Results from the cells that people read."""
    for name, cell in answers.items():
        from_name, _, to_name = name.partition("/")
        listed = _json(cell, name) if cell.startswith("[") else [cell] if cell else []
        choices = [each for each in listed if isinstance(each, str)]
        if choices:
            yield Answer(tuple(choices), f"{from_name}-1", from_name, to_name)
        for place, span in enumerate((each for each in listed if not isinstance(each, str)), start=1):
            made = {"type": "labels", "id": f"{from_name}-{place}", "from_name": from_name, "to_name": to_name}
            yield read_result(made | {"value": copied(span, f"“{name}”, span {place},")})


def _json(text: str, name: str) -> Any:
    try:
        return stream.DECODER.decode(text)
    except (ValueError, RecursionError) as problem:
        raise Malformed(f"“{name}” is no JSON: {problem}") from problem
