"""One result of a completion or prediction, from its JSON and back."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from reviewapp.formats.tasks import Answer, Malformed, Other, Region, Relation, Result

Shape = Literal["annotation-lab", "label-studio"]

Kind = TypeVar("Kind")
NAMES: dict[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


def take(given: dict[str, Any], name: str, kind: type[Kind], default: Kind) -> Kind:
    """Take a value out of an object; raises :class:`Malformed` when it is of another kind."""
    value = given.pop(name, None)
    if value is None:
        return default
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Malformed(f"“{name}” is not {NAMES[kind]}")
    return value


def take_number(given: dict[str, Any], name: str) -> float | None:
    """Take a number, whole or not, out of an object."""
    value = given.pop(name, None)
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise Malformed(f"“{name}” is not a number")
    return value


def take_words(given: dict[str, Any], name: str) -> tuple[str, ...]:
    """Take a list of texts out of an object."""
    found: list[Any] = take(given, name, list, [])
    if not all(isinstance(each, str) for each in found):
        raise Malformed(f"“{name}” is not a list of texts")
    return tuple(found)


def copied(given: Any, what: str) -> dict[str, Any]:
    """A copy of an object, to take values out of."""
    if not isinstance(given, dict):
        raise Malformed(f"{what} is not an object")
    return dict(given)


def read_result(raw: Any) -> Result:
    """A result from its JSON; raises :class:`Malformed` with the reason."""
    given = copied(raw, "it")
    kind = given.get("type")
    if kind == "relation":
        return _relation(given)
    if kind not in ("labels", "choices"):
        return Other(given)
    del given["type"]
    value = copied(given.pop("value", None), "“value”")
    return _region(given, value) if kind == "labels" else _answer(given, value)


def write_result(result: Result, shape: Shape) -> dict[str, Any]:
    """The JSON of a result. Confidence stands in ``value``, in Label Studio's shape as ``score`` beside it."""
    if isinstance(result, Other):
        return dict(result.raw)
    if isinstance(result, Relation):
        ends = {"from_id": result.from_id, "to_id": result.to_id, "type": "relation", "direction": result.direction}
        return ends | ({"labels": list(result.labels)} if result.labels else {}) | dict(result.rest)
    value: dict[str, Any] = _value(result) | dict(result.rest_of_value)
    said: dict[str, Any] = {"id": result.id, "from_name": result.from_name, "to_name": result.to_name}
    if result.confidence is not None and shape == "label-studio":
        said["score"] = result.confidence
    elif result.confidence is not None:
        value["confidence"] = result.confidence
    kind = "labels" if isinstance(result, Region) else "choices"
    return {"value": value} | said | {"type": kind} | dict(result.rest)


def _value(result: Region | Answer) -> dict[str, Any]:
    if isinstance(result, Region):
        return {"start": result.start, "end": result.end, "text": result.text, "labels": list(result.labels)}
    place = {"start": result.place[0], "end": result.place[1]} if result.place else {}
    return place | {"choices": list(result.choices)}


def _relation(given: dict[str, Any]) -> Relation:
    del given["type"]
    return Relation(
        from_id=take(given, "from_id", str, ""),
        to_id=take(given, "to_id", str, ""),
        direction=take(given, "direction", str, ""),
        labels=take_words(given, "labels"),
        rest=given,
    )


def _region(given: dict[str, Any], value: dict[str, Any]) -> Region:
    start, end = _place(value)
    return Region(
        start=start,
        end=end,
        labels=take_words(value, "labels"),
        text=take(value, "text", str, ""),
        confidence=_confidence(given, value),
        **_names(given),
        rest=given,
        rest_of_value=value,
    )


def _answer(given: dict[str, Any], value: dict[str, Any]) -> Answer:
    return Answer(
        place=_place(value) if "start" in value or "end" in value else None,
        choices=take_words(value, "choices"),
        confidence=_confidence(given, value),
        **_names(given),
        rest=given,
        rest_of_value=value,
    )


def _place(value: dict[str, Any]) -> tuple[int, int]:
    start, end = take(value, "start", int, -1), take(value, "end", int, -1)
    if not 0 <= start < end:
        raise Malformed(f"a span from {start} to {end} is none")
    return start, end


def _confidence(given: dict[str, Any], value: dict[str, Any]) -> float | None:
    inside, beside = take_number(value, "confidence"), take_number(given, "score")
    return beside if inside is None else inside


def _names(given: Mapping[str, Any]) -> dict[str, str]:
    assert isinstance(given, dict)
    return {name: take(given, name, str, "") for name in ("id", "from_name", "to_name")}
