"""What went into one version and not into another, in words (B-06)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from models_lib.models import ModelVersion, TrainingInputs
from reviewapp.models import ClassificationIndex, Completion

ANSWER = ("not relevant", "relevant")
SAID_BY_ITSELF = {"completions", "labels", "index", "parameters", "libraries", "linked"}


@dataclass(frozen=True)
class Change:
    """One thing that differs: which of the inputs, and how, as a sentence."""

    what: str
    said: str


def between(earlier: ModelVersion, later: ModelVersion) -> list[Change]:
    """How the inputs of ``later`` differ from those of ``earlier``; empty when the digests are equal."""
    records = TrainingInputs.objects.in_bulk([earlier.pk, later.pk])
    was, now = records[earlier.pk].record, records[later.pk].record
    return [
        *_decisions(was, now),
        *_index(was, now, earlier, later),
        *_linked(was, now),
        *_values("parameter", "Parameters", was.get("parameters", {}), now.get("parameters", {})),
        *_values("library", "Libraries", was.get("libraries", {}), now.get("libraries", {})),
        *_rest(was, now),
    ]


def _decisions(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    before, after = _answers(was), _answers(now)
    left_out, added = before.keys() - after.keys(), after.keys() - before.keys()
    places = _places(min(left_out, added, key=len))
    gone = {places.get(pk, -pk): before[pk] for pk in left_out}
    came = {places.get(pk, -pk): after[pk] for pk in added}
    again = gone.keys() & came.keys()
    if new := [came[item] for item in came.keys() - again]:
        yield Change("Decisions", f"{_count(len(new), 'decision')} came in: {_split(new)}.")
    if left := [gone[item] for item in gone.keys() - again]:
        yield Change(
            "Decisions",
            f"{_count(len(left), 'decision')} no longer count{'s' if len(left) == 1 else ''}: {_split(left)}.",
        )
    if again:
        yield Change("Decisions", _decided_again([(gone[item], came[item]) for item in sorted(again)]))


def _places(completions: Set[int]) -> dict[int, int]:
    """The documents of these completions, and of all others that were given to the same documents.

    Asked for the fewer ones, since most of what came in is about documents that were not decided before.
    """
    places = dict(Completion.objects.filter(pk__in=completions).values_list("pk", "item_id"))
    return places | dict(Completion.objects.filter(item__in=set(places.values())).values_list("pk", "item_id"))


def _decided_again(pairs: list[tuple[int, int]]) -> str:
    turned = Counter(pair for pair in pairs if pair[0] != pair[1])
    ways = [f"{number:,} from {ANSWER[a]} to {ANSWER[b]}" for (a, b), number in sorted(turned.items())]
    if same := len(pairs) - sum(turned.values()):
        ways.append(f"{same:,} with the same answer")
    return f"{_count(len(pairs), 'document')} {'was' if len(pairs) == 1 else 'were'} decided again: {', '.join(ways)}."


def _index(
    was: Mapping[str, Any], now: Mapping[str, Any], earlier: ModelVersion, later: ModelVersion
) -> Iterator[Change]:
    if was.get("index") != now.get("index"):
        yield Change("Index", f"It is {_named(later.index)} instead of {_named(earlier.index)}.")


def _named(index: ClassificationIndex | None) -> str:
    return f"population {index.number} over {index.documents:,} documents" if index else "a population that is gone"


def _linked(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    before, after = was.get("linked"), now.get("linked")
    if before == after:
        return
    if before and after and before["guid"] == after["guid"]:
        yield Change("Linked model", f"{after['guid']} has another training.")
    else:
        yield Change("Linked model", f"It is {_guid(after)} instead of {_guid(before)}.")


def _guid(linked: Mapping[str, Any] | None) -> str:
    return str(linked["guid"]) if linked else "none"


def _values(noun: str, what: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            yield Change(what, f"The {noun} {name} was {_said(was.get(name))} and is {_said(now.get(name))}.")


def _rest(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """Inputs that other kinds of models have besides."""
    for name in sorted(({*was, *now}) - SAID_BY_ITSELF):
        if was.get(name) != now.get(name):
            yield Change("Inputs", f"What was read as “{name}” differs.")


def _answers(record: Mapping[str, Any]) -> dict[int, int]:
    return dict(zip(record.get("completions", []), record.get("labels", []), strict=True))


def _split(labels: list[int]) -> str:
    return f"{sum(labels):,} relevant, {len(labels) - sum(labels):,} not relevant"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _said(value: Any) -> str:
    return "not set" if value is None else f"“{value}”" if isinstance(value, str) else f"{value:g}"
