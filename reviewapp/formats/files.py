"""Which format a file has, and the one way in and out for all of them."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

from reviewapp.errors import Invalid
from reviewapp.formats.conll import read_conll, write_conll
from reviewapp.formats.label_studio import read_json, write_json
from reviewapp.formats.table import read_table, write_table
from reviewapp.formats.tasks import BadTask, Task

Format = Literal["annotation-lab", "label-studio", "csv", "tsv", "conll2003"]
FORMATS: dict[Format, str] = {
    "annotation-lab": ".json",
    "label-studio": ".json",
    "csv": ".csv",
    "tsv": ".tsv",
    "conll2003": ".conll",
}
Reader = Callable[[Path, str], Iterator[Task | BadTask]]
SUFFIXES: dict[str, Reader] = {
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), read_json),
    **dict.fromkeys((".csv", ".tsv", ".tab"), read_table),
    **dict.fromkeys((".conll", ".iob", ".bio"), read_conll),
}


def read(path: Path, filename: str) -> Iterator[Task | BadTask]:
    """The tasks of the file at ``path``, read as what its original ``filename`` says it is, one at a time.

    Raises :class:`Invalid` with the place where the whole file cannot be read.
    """
    reader = SUFFIXES.get(Path(filename.lower()).suffix)
    if reader is None:
        raise Invalid(f"“{filename}” is of no kind that holds tasks. Known are {', '.join(SUFFIXES)}.")
    return reader(path, filename)


def write(
    tasks: Callable[[], Iterable[Task]], format_: Format, report: Callable[[BadTask], None] = lambda bad: None
) -> Iterator[bytes]:
    """The tasks as a file, piece by piece; ``report`` hears of what the format has no place for.

    ``tasks`` may be asked twice. Only CoNLL-2003 has no place for everything.
    """
    if format_ == "conll2003":
        return write_conll(tasks(), report)
    if format_ in ("csv", "tsv"):
        return write_table(tasks, "\t" if format_ == "tsv" else ",")
    return write_json(tasks(), "label-studio" if format_ == "label-studio" else "annotation-lab")
