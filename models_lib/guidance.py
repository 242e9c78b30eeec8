"""Guidance: what to do next for a better rating, and when further training gains little (U-23)."""

from collections.abc import Iterator
from dataclasses import dataclass

from models_lib.models import ValidationRecord
from models_lib.validation import CODED, Validation
from reviewapp.domain.statistics import BY_RANK, Reading
from reviewapp.models import Project
from training.core.rating import CHANCE_WANTED, Rating
from training.core.validation import WEAK

GOOD = 70
STEADY_VERSIONS, STEADY = 5, 2.0  # pinned versions whose ratings lie this close together
RARE = 5.0  # percent relevant of what the ranking served last


@dataclass(frozen=True)
class Action:
    """One thing that would raise a factor of the rating."""

    factor: str
    said: str


@dataclass(frozen=True)
class Sign:
    """One sign that further training gains little; ``holds`` is None where it cannot be told yet."""

    said: str
    holds: bool | None


def actions(rated: Rating, found: Validation | None, project: Project) -> list[Action]:
    """What to do next, the factor that lacks most first; empty when everything is good."""
    lacking = sorted(_actions(rated, found, project), key=lambda pair: pair[0])
    return [action for _, action in lacking]


def signs(
    rated: Rating | None, found: Validation | None, history: list[ValidationRecord], reading: Reading, pending: int
) -> list[Sign]:
    """The checklist for stopping. None of it proves recall: only a random sample of what nobody read does."""
    ratings = [record.record["rating"]["score"] for record in history if record.record.get("rating")]
    last = [rating for rating in ratings if rating is not None][-STEADY_VERSIONS:]
    served = [served.rate for _, served in reading.rate(*BY_RANK)]
    score = rated.score if rated else None
    positives = min((label.figures.positives for label in found.labels), default=0) if found else 0
    return [
        Sign(f"At least {WEAK} positives are held out ({positives})", positives >= WEAK),
        Sign(f"The rating is Good or better ({GOOD} and up)", None if score is None else score >= GOOD),
        Sign(
            f"The ratings of the last {STEADY_VERSIONS} pinned versions lie within {STEADY:g} points",
            max(last) - min(last) <= STEADY if len(last) == STEADY_VERSIONS else None,
        ),
        Sign(
            f"Of what the ranking served last, less than {RARE:g} % is relevant",
            served[-1] < RARE if served else None,
        ),
        Sign("No decision waits to be counted", pending == 0),
    ]


def _actions(rated: Rating, found: Validation | None, project: Project) -> Iterator[tuple[float, Action]]:
    positives = sum(label.figures.positives for label in found.labels) if found and found.basis == CODED else 0
    if rated.all_labels is None:
        yield 0, Action("All labels", "Code more relevant documents: none of those held out is relevant yet.")
    elif rated.all_labels < GOOD or positives < WEAK:
        wanted = f" {positives} of {WEAK} held-out positives are there." if positives < WEAK else ""
        yield rated.all_labels, Action("All labels", f"Code more documents, relevant ones above all.{wanted}")
    if rated.underperforming is not None and rated.underperforming < GOOD and found:
        for label in found.labels:
            for reason in label.reasons:
                yield rated.underperforming, Action(f"Underperforming: {label.name}", reason)
    if rated.coverage < GOOD:
        yield (
            rated.coverage,
            Action(
                "Coverage", "Code documents unlike those coded so far: the coverage queue serves the least certain."
            ),
        )
    if rated.balance < GOOD:
        wanted_chance = 100 * CHANCE_WANTED
        if rated.chance < wanted_chance:
            said = (
                f"Raise the random control: {rated.chance:.0f} % of the coded documents were picked by chance, aim at "
                f"{wanted_chance:.0f} %. It is {100 * project.control_share:g} % of what is served now."
            )
        else:
            said = "Code on: the coded documents are not like the whole yet."
        yield rated.balance, Action("Balance", said)
