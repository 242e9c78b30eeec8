"""How fast people can review over HTTP: ``python -m tests.bench.review --documents 10000 100000 --clients 1 8 32``.

Starts a server of its own as ``manage.py up`` does (embedded engines with fsync, gunicorn 2 x 4, worker, beat), loads
documents of about 150 words, and lets reviewers answer as fast as they can. Afterwards the database is compared with
what the reviewers were told. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from tests.bench import server as servers
from tests.bench.adapter import LOADGEN, LOADGEN_FILE, Acknowledged, Reviews

QUEUES = ("random", "prioritized", "coverage")
NEVER = 100_000  # completions between two trainings when training is off: the largest number that a project takes
EVERY_N = 10
SEED_LABELS = 60  # before the first model
WORDS = 150
VOCABULARY = 20_000
COUNTED_LABELS = 40
# Best peer figures of PEERS section 2: 10,000 documents, two calls a label, training off, measured on another machine.
PEERS = {
    "labels_s_at_1": ("ASReview", 8.2),
    "labels_s_at_32": ("ASReview", 8.0),
    "cpu_ms_per_label": ("ASReview", 70.0),
    "next_p95_ms_at_32": ("doccano", 3047.0),
    "submit_p95_ms_at_32": ("ASReview", 3228.0),
}
CAVEAT = "The peers' figures were measured elsewhere and at another time, so the ratios are a guide, not a race."
WRITTEN = (
    "SELECT c.id, i.document_id, u.username, c.choice FROM reviewapp_completion c "
    "JOIN reviewapp_projectdocument i ON i.id = c.item_id JOIN reviewapp_user u ON u.id = c.reviewer_id "
    "WHERE c.project_id = %s"
)


@dataclass(frozen=True)
class Setting:
    """What is varied: the order of the queue, whether models are trained meanwhile, one call a label or two."""

    queue: str
    training: bool = False
    explicit_next: bool = False


def documents(count: int, seed: int = 7) -> list[dict[str, str]]:
    """So many texts of about 150 words, whose words are as frequent as in natural language (Zipf's law)."""
    chance = np.random.default_rng(seed)
    weights = 1 / np.arange(1, VOCABULARY + 1)
    lengths = chance.poisson(WORDS, count)
    drawn = chance.choice(VOCABULARY, lengths.sum() + 6 * count, p=weights / weights.sum())
    words = iter(np.array([_word(number) for number in range(VOCABULARY)])[drawn].tolist())
    return [
        {
            "control_number": f"B-{number:07d}",
            "title": " ".join(next(words) for _ in range(6)),
            "text": " ".join(next(words) for _ in range(length)),
        }
        for number, length in enumerate(lengths.tolist())
    ]


def _word(number: int) -> str:
    """A pronounceable word of its own for each number."""
    syllables = []
    number += 1
    while number:
        number, rest = divmod(number, 60)
        syllables.append("bdfgklmnprst"[rest % 12] + "aeiou"[rest // 12])
    return "".join(syllables)


async def measure(server: servers.Server, options: argparse.Namespace) -> dict[str, Any]:
    """All settings over all sizes; gives runs, imports, statements per label, and what the database says of them."""
    people = server.people(max(options.clients))
    operator = people.pop("olga")
    found: dict[str, Any] = {"runs": [], "imports": [], "kept": [], "statements": {}}
    for size in options.documents:
        bench = _Bench(server, options, people, operator, size)
        found["imports"].append(await bench.load())
        for queue in options.queues:
            found["runs"] += await bench.review(queue)
            found["kept"].append({"documents": size, "queue": queue, **bench.kept()})
    found["statements"] = await bench.statements()
    return found


class _Bench:
    """One workspace of documents under measurement."""

    def __init__(
        self, server: servers.Server, options: argparse.Namespace, people: dict[str, str], operator: str, size: int
    ) -> None:
        self.server = server
        self.options = options
        self.people = people
        self.size = size
        self.adapter = Reviews(server.address, operator)
        self.state: dict[str, Any] = {}
        self.reviewers: list[tuple[str, str]] = []

    async def load(self) -> dict[str, Any]:
        """Import the documents through the upload's and the import's own endpoints."""
        items = documents(self.size)
        self.state = await self.adapter.create_project(f"Bench of {self.size}")
        with self._timed() as spent:
            await self.adapter.import_docs(self.state, items)
        self.reviewers = await self.adapter.make_reviewers(self.state, self.people)
        return {"documents": self.size, "docs_s": round(self.size / spent["seconds"], 1), **spent}

    async def review(self, queue: str) -> list[dict[str, Any]]:
        """A fresh review in this order; random is what a review does before its first model."""
        self.adapter = Reviews(self.server.address, self.adapter.operator["Authorization"].split()[1])
        order = "prioritized" if queue == "random" else queue
        with self._timed() as spent:
            await self.adapter.start_review(self.state, name=queue, queue=order, every_n=NEVER)
        _say(f"{self.size} documents indexed in {spent['seconds']:.1f} s")
        if queue == "random":
            return [await self._run(Setting(queue), clients) for clients in self.options.clients]
        await self._train()
        runs = [await self._run(Setting(queue), clients) for clients in self.options.clients]
        if queue == "prioritized":
            runs.append(await self._run(Setting(queue, explicit_next=True), max(self.options.clients)))
        await self.adapter.change(self.state, every_n=EVERY_N)
        return [*runs, *[await self._run(Setting(queue, training=True), clients) for clients in self.options.clients]]

    def kept(self) -> dict[str, int]:
        """Compare what the reviewers were told with what the database has of this review."""
        written = self.server.rows(WRITTEN, (self.state["pid"],))
        return compare(self.adapter.acknowledged, written, self.adapter.holders)

    async def statements(self) -> dict[str, Any]:
        """SQL statements per label of one reviewer, in both ways of working, with nobody else at work."""
        self.server.only_web()
        await self.adapter.ask("PATCH", f"projects/{self.state['pid']}", json={"every_n": NEVER})
        found = {}
        for name, explicit in (("one_call", False), ("two_calls", True)):
            self.adapter.explicit_next = explicit
            await self._code(4)
            with self.server.logged_statements() as said:
                await self._code(COUNTED_LABELS)
            found[name] = {what: round(many / COUNTED_LABELS, 1) for what, many in servers.count(said).items()}
        return found

    async def _run(self, setting: Setting, clients: int) -> dict[str, Any]:
        self.adapter.explicit_next = setting.explicit_next
        worker, started = self.server.pid("worker"), time.monotonic()
        before = LOADGEN.tree_cpu(worker)
        found: dict[str, Any] = await LOADGEN.run(
            self.adapter,
            self.state,
            self.reviewers,
            clients,
            self.options.seconds,
            0.0,
            self.options.warm,
            [self.server.pid("web"), self.server.pid("beat")],
            self.server.pid("postgres"),
        )
        trained = (await self.adapter.settled(self.state))["version"]
        found |= {
            "documents": self.size,
            "queue": setting.queue,
            "training": setting.training,
            "explicit_next": setting.explicit_next,
            "version": trained,
            "cpu_ms_per_label": round(found["srv_cpu_ms_per_label"] + found["pg_cpu_ms_per_label"], 1),
            "worker_cpu_s": round(LOADGEN.tree_cpu(worker) - before, 1),
            "with_warm_up_s": round(time.monotonic() - started, 1),
        }
        _say(_line(found))
        return found

    async def _train(self) -> None:
        """Enough labels for a model, and the model."""
        await self._code(SEED_LABELS)
        await self.adapter.ask("POST", f"projects/{self.state['pid']}/train")
        review = await self.adapter.settled(self.state)
        assert review["version"] is not None, review

    async def _code(self, labels: int) -> None:
        desk = await self.adapter.open(self.reviewers[0])
        try:
            for number in range(labels):
                document = await self.adapter.next(desk, self.state)
                assert document is not None, "the review has no document left; measure with more documents"
                await self.adapter.submit(desk, self.state, document, int(number % 4 == 0))
        finally:
            await desk.close()

    @contextmanager
    def _timed(self) -> Iterator[dict[str, float]]:
        pids = [self.server.pid(name) for name in ("web", "worker", "postgres")]
        spent: dict[str, float] = {}
        began, used = time.monotonic(), sum(map(LOADGEN.tree_cpu, pids))
        yield spent
        spent["seconds"] = round(time.monotonic() - began, 2)
        spent["cpu_ms_per_document"] = round(1000 * (sum(map(LOADGEN.tree_cpu, pids)) - used) / self.size, 3)


def compare(
    acknowledged: Sequence[Acknowledged], written: Sequence[tuple[Any, ...]], holders: Mapping[int, set[str]]
) -> dict[str, int]:
    """What was lost, made up or doubled between the reviewers' answers and the database's rows of :data:`WRITTEN`."""
    told = {astuple(said) for said in acknowledged}
    times = Counter(document for _, document, _, _ in written)
    return {
        "acknowledged": len(acknowledged),
        "lost": len(told - set(written)),
        "written_unasked": len(set(written) - told),
        "decided_twice": sum(many > 1 for many in times.values()),
        "handed_out": len(holders),
        "handed_to_two": sum(len(people) > 1 for people in holders.values()),
    }


def beside_peers(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The runs that are like the peers' (about 10,000 documents, ranked, training off) as ratios; > 1 is better."""
    size = min((run["documents"] for run in runs), key=lambda documents: abs(documents - 10_000))
    like = [r for r in runs if (r["documents"], r["queue"], r["training"]) == (size, "prioritized", False)]
    one = {r["reviewers"]: r for r in like if not r["explicit_next"]}
    two = {r["reviewers"]: r for r in like if r["explicit_next"]}
    found: dict[str, Any] = {"caveat": CAVEAT}
    for clients in {1, 32} & set(one):
        name = f"labels_s_at_{clients}"
        found[name] = _ratio(name, one[clients]["labels_s"], more_is_better=True)
    if 32 in one:
        found["cpu_ms_per_label"] = _ratio("cpu_ms_per_label", one[32]["cpu_ms_per_label"])
        found["submit_p95_ms_at_32"] = _ratio("submit_p95_ms_at_32", one[32]["submit_p95"])
    if 32 in two:
        found["next_p95_ms_at_32"] = _ratio("next_p95_ms_at_32", two[32]["next_p95"])
    return found


def _ratio(name: str, ours: float, *, more_is_better: bool = False) -> dict[str, Any]:
    peer, theirs = PEERS[name]
    return {"ours": ours, peer: theirs, "ratio": round(ours / theirs if more_is_better else theirs / ours, 1)}


def _line(run: dict[str, Any]) -> str:
    return (
        f"{run['documents']:>7} {run['queue']:<12} training {'on ' if run['training'] else 'off'} "
        f"{'2 calls' if run['explicit_next'] else '1 call '} {run['reviewers']:>3} clients: "
        f"{run['labels_s']:>6.1f} labels/s  submit p50 {run['submit_p50']} p95 {run['submit_p95']} ms  "
        f"next p50 {run['next_p50']} p95 {run['next_p95']} ms  web+beat {run['srv_cpu_ms_per_label']} "
        f"+ PostgreSQL {run['pg_cpu_ms_per_label']} ms CPU/label  errors {run['n_err']}  "
        f"contention {run['contention']}"
    )


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000])
    read.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    read.add_argument("--queues", nargs="+", default=QUEUES, choices=QUEUES)
    read.add_argument("--seconds", type=float, default=20.0)
    read.add_argument("--warm", type=float, default=3.0, help="seconds before each measurement")
    options = read.parse_args()
    if LOADGEN is None:
        raise SystemExit(f"The load generator {LOADGEN_FILE} is not here, so there is nothing to measure with.")
    with servers.running() as server:
        found = asyncio.run(measure(server, options))
    found["beside_peers"] = beside_peers(found["runs"])
    found["cores"] = os.cpu_count()
    for name in ("imports", "statements", "kept", "beside_peers"):
        _say(f"{name}: {json.dumps(found[name])}")
    _say(json.dumps(found))


if __name__ == "__main__":
    main()
