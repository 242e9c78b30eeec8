"""Filters of a stream: which documents belong to it, by their tags and metadata.

    {"tags": ["inbox"], "properties": [{"name": "custodian", "one_of": ["desk 1", "desk 2"]},
                                       {"name": "amount", "minimum": 100, "maximum": 5000},
                                       {"name": "sent", "minimum": "2026-01-01"}]}

A document belongs when it has one of the tags, where any are named, and every property fits. Bounds compare numbers
with numbers, and ISO dates and times with such; any other value fits no bound.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reviewapp.errors import Invalid
from reviewapp.models import Document

MOST_PROPERTIES = 20
MOST_VALUES = 1_000
BOUNDS = {">=": "minimum", "<=": "maximum"}
CONDITION = re.compile(r"([^<>=]+?)\s*(>=|<=|=)\s*(.+)")
PARTS = {"name", "one_of", "minimum", "maximum"}


def checked(asked: Any) -> dict[str, Any]:
    """The filter in its plain form; raises :class:`Invalid` saying what cannot be used."""
    if not isinstance(asked, Mapping) or (unknown := sorted(set(asked) - {"tags", "properties"})):
        raise _wrong(f"A filter has “tags” and “properties”{f', not {unknown}' if isinstance(asked, Mapping) else ''}.")
    tags, properties = asked.get("tags", []), asked.get("properties", [])
    if not _texts(tags, 100):
        raise _wrong("“tags” is a list of at most 1,000 tags.")
    if not isinstance(properties, Sequence) or isinstance(properties, str) or len(properties) > MOST_PROPERTIES:
        raise _wrong(f"“properties” is a list of at most {MOST_PROPERTIES}.")
    found = {"tags": list(tags), "properties": [_property(one) for one in properties]}
    return {name: value for name, value in found.items() if value}


def fits(document: Document, wanted: Mapping[str, Any]) -> bool:
    """Whether the document belongs, by a filter that was :func:`checked`."""
    tags = wanted.get("tags")
    if tags and not set(tags).intersection(document.tags):
        return False
    return all(_holds(document.metadata.get(one["name"]), one) for one in wanted.get("properties", ()))


def in_words(wanted: Mapping[str, Any]) -> list[str]:
    """The filter in words, one sentence a condition."""
    said = [f"one of the tags is {' or '.join(wanted['tags'])}"] if wanted.get("tags") else []
    for one in wanted.get("properties", ()):
        if "one_of" in one:
            said.append(f"{one['name']} is one of {', '.join(map(str, one['one_of']))}")
        if "minimum" in one:
            said.append(f"{one['name']} is at least {one['minimum']}")
        if "maximum" in one:
            said.append(f"{one['name']} is at most {one['maximum']}")
    return said


def written(wanted: Mapping[str, Any]) -> str:
    """The conditions on properties as a person writes them, one a line; see :func:`read`."""
    lines = []
    for one in wanted.get("properties", ()):
        lines += [f"{one['name']} = {' | '.join(one['one_of'])}"] if "one_of" in one else []
        lines += [f"{one['name']} {sign} {one[bound]}" for sign, bound in BOUNDS.items() if bound in one]
    return "\n".join(lines)


def read(lines: str) -> list[dict[str, Any]]:
    """The list of properties that these conditions say: ``custodian = desk 1 | desk 2``, ``amount >= 100``.

    Raises :class:`Invalid` naming the line that says nothing.
    """
    found: dict[str, dict[str, Any]] = {}
    for line in filter(str.strip, lines.splitlines()):
        said = CONDITION.fullmatch(line.strip())
        if said is None:
            raise _wrong(
                f"“{line.strip()[:80]}” is no condition. Write “name = one | other”, “name >= 5” or “name <= 9”."
            )
        name, sign, value = said[1], said[2], said[3]
        one = found.setdefault(name, {"name": name})
        if sign == "=":
            one["one_of"] = [part.strip() for part in value.split("|")]
        else:
            one[BOUNDS[sign]] = value
    return list(found.values())


def _property(asked: Any) -> dict[str, Any]:
    if not isinstance(asked, Mapping) or set(asked) - PARTS or not {"one_of", "minimum", "maximum"} & set(asked):
        raise _wrong("A property has a “name” and “one_of”, “minimum” or “maximum”.")
    name = asked.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 1000:
        raise _wrong("A property needs the name of a metadata field.")
    if "one_of" in asked and not (_texts(asked["one_of"], 10_000) and asked["one_of"]):
        raise _wrong(f"“one_of” of {name} is a list of 1 to {MOST_VALUES:,} texts.")
    for bound in ("minimum", "maximum"):
        if bound in asked and _measure(asked[bound]) is None:
            raise _wrong(f"The {bound} of {name} is a number, or a date or time such as 2026-01-31T09:00.")
    return {part: asked[part] for part in ("name", "one_of", "minimum", "maximum") if part in asked}


def _texts(found: Any, longest: int) -> bool:
    if not isinstance(found, Sequence) or isinstance(found, str) or len(found) > MOST_VALUES:
        return False
    return all(isinstance(value, str) and len(value) <= longest for value in found)


def _holds(value: Any, wanted: Mapping[str, Any]) -> bool:
    if "one_of" in wanted and (value is None or str(value) not in wanted["one_of"]):
        return False
    low, high = wanted.get("minimum"), wanted.get("maximum")
    return (low is None or _compares(low, value)) and (high is None or _compares(value, high))


def _compares(lower: Any, higher: Any) -> bool:
    """Whether the one is at most the other; a number and a time do not compare."""
    low, high = _measure(lower), _measure(higher)
    if low is None or high is None or type(low) is not type(high):
        return False
    return bool(low <= high)  # type: ignore[operator] # both are of one type


def _measure(value: Any) -> float | datetime | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        number = float(value)
    except ValueError:
        return _moment(value)
    return number if math.isfinite(number) else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _wrong(why: str) -> Invalid:
    return Invalid(f"The filter cannot be used. {why}", fields={"filter": [why]})
