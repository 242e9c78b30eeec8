"""A task beside the labeling config that it is imported into: do its results fit?"""

from dataclasses import replace
from itertools import accumulate

from reviewapp.formats.tasks import Answer, Completion, Malformed, Other, Prediction, Region, Relation, Result, Task
from reviewapp.labeling import Choices, Config, Labels


def match(task: Task, config: Config) -> Task:
    """The task with spans counted in code points; raises :class:`Malformed` naming the first result that does not fit.

    Editors written in JavaScript count an emoji as two. Where a span's own text shows that, it is counted anew. A span
    of a set that the config does not have goes to the one set that has its labels: CoNLL-2003 names no sets.
    """
    parts: dict[str, Labels | Choices] = {part.name: part for part in config.label_sets}
    parts |= {group.name: group for group in config.groups}
    fields = {text.name: text.field for text in config.texts}
    completions = tuple(
        replace(each, results=_results(each, f"completion {number}", task, parts, fields))
        for number, each in enumerate(task.completions, start=1)
    )
    predictions = tuple(
        replace(each, results=_results(each, f"prediction {number}", task, parts, fields))
        for number, each in enumerate(task.predictions, start=1)
    )
    return replace(task, completions=completions, predictions=predictions)


def _results(
    said: Completion | Prediction, where: str, task: Task, parts: dict[str, Labels | Choices], fields: dict[str, str]
) -> tuple[Result, ...]:
    found = []
    for number, result in enumerate(said.results, start=1):
        try:
            found.append(_matched(result, task, parts, fields))
        except Malformed as problem:
            raise Malformed(f"{where}, result {number}: {problem}") from problem
    ids = {result.id for result in found if isinstance(result, Region)}
    for result in found:
        if isinstance(result, Relation) and not {result.from_id, result.to_id} <= ids:
            raise Malformed(f"{where}: a relation from “{result.from_id}” to “{result.to_id}” names no regions")
    return tuple(found)


def _matched(result: Result, task: Task, parts: dict[str, Labels | Choices], fields: dict[str, str]) -> Result:
    if isinstance(result, Relation):
        return result
    if isinstance(result, Other):
        raise Malformed(f"results of type “{result.raw.get('type', '')}” cannot be kept in this project")
    part = parts.get(result.from_name)
    if part is None and isinstance(result, Region) and (found := _only_set(parts, result)):
        part, result = found, replace(result, from_name=found.name, to_name=found.to_name)
    if part is None:
        raise Malformed(f"the config has nothing with the name “{result.from_name}”")
    values, known = (result.labels, _labels(part)) if isinstance(result, Region) else (result.choices, _choices(part))
    if unknown := [value for value in values if value not in known]:
        raise Malformed(f"“{unknown[0]}” is not one of “{result.from_name}” ({', '.join(known[:20])})")
    if isinstance(result, Answer) and isinstance(part, Choices) and not part.multiple and len(result.choices) > 1:
        raise Malformed(f"“{result.from_name}” takes one choice, not {len(result.choices)}")
    return _placed(result, task.text(fields.get(part.to_name, "text")))


def _only_set(parts: dict[str, Labels | Choices], region: Region) -> Labels | None:
    """The one set that has the region's labels."""
    sets = [part for part in parts.values() if isinstance(part, Labels) and set(region.labels) <= set(_labels(part))]
    return sets[0] if len(sets) == 1 and region.labels else None


def _labels(part: Labels | Choices) -> tuple[str, ...]:
    return tuple(label.value for label in part.labels) if isinstance(part, Labels) else ()


def _choices(part: Labels | Choices) -> tuple[str, ...]:
    return part.values if isinstance(part, Choices) else ()


def _placed(result: Region | Answer, text: str) -> Region | Answer:
    if isinstance(result, Answer):
        if result.place and result.place[1] > len(text):
            raise Malformed(f"the text ends before {result.place[1]}")
        return result
    if result.end <= len(text) and result.text in ("", text[result.start : result.end]):
        return replace(result, text=text[result.start : result.end])
    places = {units: place for place, units in enumerate(accumulate((1 + (c > "\uffff") for c in text), initial=0))}
    start, end = places.get(result.start), places.get(result.end)
    if start is not None and end is not None and result.text == text[start:end]:
        return replace(result, start=start, end=end)
    if result.end > len(text):
        raise Malformed(f"the text ends before {result.end}")
    raise Malformed(f"“{result.text[:40]}” does not stand at {result.start} to {result.end}")
