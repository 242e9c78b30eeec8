"""Reviews by readers of known error rates: does the corrected recall's interval hold what it promises?

.venv/bin/python -m tests.bench.human_error --runs 2000
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.core import human_error
from training.core.agreement import Estimate, share
from training.core.human_error import Coded, Looks, Pile

SEED = 20_260_101


@dataclass(frozen=True)
class Team:
    """A review: how many documents, what is relevant, how people err, what is looked at again, what stays unread."""

    name: str
    documents: int
    relevant: float
    miss: float  # of a relevant document
    alarm: float  # at one that is not
    looks: tuple[int, int]  # at documents coded relevant, and not relevant
    read: float = 1.0  # of the documents, best ranks first
    ranking: float = 1.0  # how far relevant documents stand above the others; 1 is apart
    sample: int = 0  # of what is not read
    decided: float = 1.0  # of the disagreements
    second: tuple[float, float] | None = None  # errors of those who look again, where they are others


TEAMS = (
    Team("everything read", 20_000, 0.10, 0.20, 0.02, (400, 1_000)),
    Team("everything read, many misses", 20_000, 0.05, 0.30, 0.03, (300, 1_500)),
    Team("everything read, experts look again", 20_000, 0.10, 0.25, 0.02, (400, 1_000), second=(0.10, 0.01)),
    Team("everything read, half decided", 20_000, 0.10, 0.20, 0.02, (400, 1_000), decided=0.5),
    Team("small", 3_000, 0.10, 0.15, 0.03, (60, 120)),
    Team("nobody errs", 5_000, 0.10, 0.0, 0.0, (100, 200)),
    Team("best ranks read", 20_000, 0.05, 0.20, 0.02, (300, 500), read=0.2, ranking=0.6, sample=1_500),
    Team("best ranks read, few alarms", 20_000, 0.05, 0.20, 0.001, (300, 500), read=0.3, ranking=0.8, sample=1_500),
    Team("nothing left unread", 20_000, 0.05, 0.20, 0.02, (300, 500), read=0.2, ranking=1.0, sample=1_500),
)


def simulate(team: Team, runs: int) -> dict[str, object]:
    """How often each interval covers the true recall; with the exact interval of that share itself."""
    random = np.random.default_rng(SEED)
    covered = {"corrected": 0, "as_coded": 0}
    widths = []
    for _ in range(runs):
        coded, pile, true = review(team, random)
        found = human_error.recall(coded, pile)
        assert found is not None
        for name in covered:
            covered[name] += holds(getattr(found, name), true)
        widths.append((found.corrected.high or 0) - (found.corrected.low or 0))
    shares = {name: share(count, runs) for name, count in covered.items()}
    return {
        "team": team.name,
        "runs": runs,
        "corrected": round(shares["corrected"].value or 0, 4),
        "corrected_at_most": round(shares["corrected"].high or 0, 4),
        "as_coded": round(shares["as_coded"].value or 0, 4),
        "width": round(float(np.mean(widths)), 3),
    }


def holds(interval: Estimate, true: float) -> bool:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low <= true <= interval.high


def review(team: Team, random: np.random.Generator) -> tuple[Coded, Pile | None, float]:
    """One review with what it leaves behind, and its true recall."""
    truth = random.random(team.documents) < team.relevant
    order = np.argsort(-(truth * team.ranking + random.random(team.documents)))
    read, unread = np.split(order, [int(team.documents * team.read)])
    first = _look(random, truth[read], team.miss, team.alarm)
    second = _look(random, truth[read], *(team.second or (team.miss, team.alarm)))
    again = _drawn(random, first, team.looks)
    decided = again & (second != first) & (random.random(len(read)) < team.decided)
    final = np.where(decided, truth[read], first)
    looks = [_looks(first == said, again, second != first, decided, truth[read] == said) for said in (True, False)]
    coded = Coded(int(first.sum()), int((~first).sum()), *looks)
    sampled = random.choice(unread, team.sample, replace=False) if team.sample else unread[:0]
    seen = int(_look(random, truth[sampled], team.miss, team.alarm).sum())
    pile = Pile(len(unread), team.sample, seen) if team.sample else None
    return coded, pile, float((truth[read] & final).sum() / truth.sum())


def _look(random: np.random.Generator, truth: NDArray[np.bool_], miss: float, alarm: float) -> NDArray[np.bool_]:
    chance = random.random(len(truth))
    return np.where(truth, chance >= miss, chance < alarm)


def _drawn(random: np.random.Generator, first: NDArray[np.bool_], looks: tuple[int, int]) -> NDArray[np.bool_]:
    drawn = np.zeros(len(first), bool)
    for said, count in zip((True, False), looks, strict=True):
        among = np.flatnonzero(first == said)
        drawn[random.choice(among, min(count, len(among)), replace=False)] = True
    return drawn


def _looks(
    kind: NDArray[np.bool_],
    again: NDArray[np.bool_],
    differ: NDArray[np.bool_],
    decided: NDArray[np.bool_],
    first_right: NDArray[np.bool_],
) -> Looks:
    return Looks(
        agreed=int((kind & again & ~differ).sum()),
        first_right=int((kind & decided & first_right).sum()),
        second_right=int((kind & decided & ~first_right).sum()),
        undecided=int((kind & again & differ & ~decided).sum()),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--runs", type=int, default=2_000)
    asked = read.parse_args(arguments)
    found = [simulate(team, asked.runs) for team in TEAMS]
    print("| review | runs | corrected covers | as coded covers | width |\n|---|---|---|---|---|")
    for row in found:
        print(f"| {row['team']} | {row['runs']:,} | {row['corrected']:.1%} | {row['as_coded']:.1%} | {row['width']} |")
    print(json.dumps({"teams": found}))


if __name__ == "__main__":
    main()
