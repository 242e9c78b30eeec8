"""Tasks as JSON, in the shape of Label Studio or in that of Annotation Lab; either is recognized when it is read."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from reviewapp import lines
from reviewapp.formats import stream
from reviewapp.formats.results import Shape, copied, read_result, take, take_number, take_words, write_result
from reviewapp.formats.tasks import BadTask, Completion, Id, Malformed, Prediction, Result, Review, Task

ANSWERS = ("completions", "annotations")


def read_json(path: Path, filename: str) -> Iterator[Task | BadTask]:
    """The tasks of a JSON list, or of one object after another (JSON lines).

    Raises :class:`~reviewapp.errors.Invalid` with line and column where the file is no JSON, or no text.
    """
    for number, (line, given) in enumerate(stream.elements(path, filename), start=1):
        if isinstance(given, stream.Flaw):
            yield BadTask(line, number, f"{given.reason[0].upper()}{given.reason[1:]}.")
            continue
        try:
            yield read_task(given)
        except Malformed as problem:
            yield BadTask(line, number, f"{problem}.")


def write_json(tasks: Iterable[Task], shape: Shape) -> Iterator[bytes]:
    """The tasks as one JSON list, a task a line."""
    opening = b"[\n"
    for task in tasks:
        yield opening + lines.encode(write_task(task, shape))
        opening = b",\n"
    yield b"[]\n" if opening == b"[\n" else b"\n]\n"


def read_task(raw: Any) -> Task:
    """A task from its JSON; an object without ``data`` is the data itself (``{"text": …, "title": …}``)."""
    given = copied(raw, "The task")
    if "data" not in given and not any(name in given for name in ANSWERS):
        return Task(id=_id(given), data=given)
    data = copied(given.pop("data", {}), "“data”")
    answers = [raw for name in ANSWERS for raw in take(given, name, list, [])]
    return Task(
        id=_id(given),
        data=data,
        tags=take_words(given, "tags"),
        completions=tuple(_each(answers, "completion", read_completion)),
        predictions=tuple(_each(take(given, "predictions", list, []), "prediction", read_prediction)),
        rest=given,
    )


def write_task(task: Task, shape: Shape) -> dict[str, Any]:
    """The JSON of a task."""
    lab = shape == "annotation-lab"
    said: dict[str, Any] = {} if task.id is None else {"id": task.id}
    said |= {"data": dict(task.data)}
    said["completions" if lab else "annotations"] = [write_completion(each, shape) for each in task.completions]
    said["predictions"] = [write_prediction(each, shape) for each in task.predictions]
    return said | ({"tags": list(task.tags)} if task.tags else {}) | dict(task.rest)


def read_completion(raw: Any) -> Completion:
    """A completion of either shape from its JSON."""
    given = copied(raw, "it")
    star = take(given, "honeypot", bool, default=False) | take(given, "ground_truth", bool, default=False)
    review = given.pop("review_status", None)
    return Completion(
        results=_results(given),
        id=_id(given),
        annotator=take(given, "created_username", str, "") or _annotator(given),
        ground_truth=star,
        cancelled=take(given, "was_cancelled", bool, default=False),
        submitted_at=take(given, "submitted_at", str, ""),
        lead_time=take_number(given, "lead_time"),
        review=None if review is None else _review(copied(review, "“review_status”")),
        rest=given,
    )


def write_completion(completion: Completion, shape: Shape) -> dict[str, Any]:
    """The JSON of a completion."""
    lab = shape == "annotation-lab"
    person = {"created_username": completion.annotator} if lab else {"completed_by": {"email": completion.annotator}}
    said: dict[str, Any] = {
        "id": completion.id,
        "result": [write_result(result, shape) for result in completion.results],
        "honeypot" if lab else "ground_truth": completion.ground_truth,
        "was_cancelled": completion.cancelled or None,
        "submitted_at": completion.submitted_at or None,
        "lead_time": completion.lead_time,
        "review_status": None if completion.review is None else _write_review(completion.review),
    }
    told = {name: value for name, value in said.items() if value is not None}
    return told | (person if completion.annotator else {}) | dict(completion.rest)


def _annotator(given: dict[str, Any]) -> str:
    """Label Studio says it as a number, or as a person; what is more than an address stays in the rest."""
    person = given.get("completed_by")
    if isinstance(person, str):
        return str(given.pop("completed_by"))
    if not isinstance(person, dict) or not isinstance(person.get("email"), str):
        return ""
    if len(person) == 1:
        del given["completed_by"]
    return str(person["email"])


def _review(given: dict[str, Any]) -> Review:
    approved = given.pop("approved", None)
    if approved is not None and not isinstance(approved, bool):
        raise Malformed("“approved” is not true or false")
    return Review(
        approved,
        reviewer=take(given, "reviewer", str, ""),
        comment=take(given, "comment", str, ""),
        reviewed_at=take(given, "reviewed_at", str, ""),
        rest=given,
    )


def _write_review(review: Review) -> dict[str, Any]:
    said = {"approved": review.approved} if review.approved is not None else {}
    words = {"reviewer": review.reviewer, "comment": review.comment, "reviewed_at": review.reviewed_at}
    return said | {name: word for name, word in words.items() if word} | dict(review.rest)


def read_prediction(raw: Any) -> Prediction:
    """A prediction from its JSON."""
    given = copied(raw, "it")
    return Prediction(
        results=_results(given),
        id=_id(given),
        model_version=take(given, "model_version", str, ""),
        score=take_number(given, "score"),
        rest=given,
    )


def write_prediction(prediction: Prediction, shape: Shape) -> dict[str, Any]:
    """The JSON of a prediction."""
    said = {
        "id": prediction.id,
        "result": [write_result(result, shape) for result in prediction.results],
        "model_version": prediction.model_version or None,
        "score": prediction.score,
    }
    return {name: value for name, value in said.items() if value is not None} | dict(prediction.rest)


def _results(given: dict[str, Any]) -> tuple[Result, ...]:
    return tuple(_each(take(given, "result", list, []), "result", read_result))


def _each(given: list[Any], what: str, reader: Any) -> Iterator[Any]:
    for number, raw in enumerate(given, start=1):
        try:
            yield reader(raw)
        except Malformed as problem:
            raise Malformed(f"{what} {number}: {problem}") from problem


def _id(given: dict[str, Any]) -> Id:
    found = given.pop("id", None)
    if found is not None and (isinstance(found, bool) or not isinstance(found, int | str)):
        raise Malformed("“id” is neither a whole number nor a text")
    return found
