"""The page that says how well models learn from annotations, beside the figures of the shared notes."""

from collections.abc import Iterable, Sequence
from statistics import mean
from typing import Any

Run = dict[str, Any]
PUBLISHED_CRFSUITE = {50: (0.290, 0.2), 200: (0.521, 0.8), 1000: (0.702, 4.8), 0: (0.784, 29)}
PUBLISHED_MINIBATCH = {50: (0.324, 1.4), 200: (0.559, 5.4), 1000: (0.708, 28)}
PUBLISHED_ASSERTION = {50: (None, 0.953), 200: (0.776, None), 1000: (0.858, None), 0: (0.88, 0.966)}
SETS = {
    "medabs_single": "one of five kinds of abstracts (macro)",
    "trec_train": "one of six kinds of questions (macro)",
    "hoc_multi": "several of ten hallmarks of cancer (micro)",
}

OPENING = """# Performance of learning from annotations

How well models learn from few annotations and how long they take, on one core in CPU seconds, on labelled sets beside
the repository. Written by

```
python -m tests.bench.annotation --write
```

which runs `manage.py replay TASKS.json --config CONFIG.xml --test TEST.json` for each size. *Published* are the figures
of earlier measurements with python-crfsuite and with a prototype of the mini-batch engine on another machine; *peer* is
python-crfsuite with those features (lower-case word, affixes of 2–4, shape, case and digits, two neighbours; L1 = L2 =
0.1), run here, in the same process, on the same sentences.
"""

CLOSING = """
## Which sentence next

```
python -m tests.bench.annotation_order
```

NCBI disease, CRFsuite, fifty sentences by chance, then batches of fifty by the rule; F1 on the test set at 500
sentences, one draw, 40 epochs: by chance 0.639 (published 0.63), least confidence **0.742** (published 0.716). The
margin is 0.103, published 0.086.

## Review while a model of entities is trained

```
REVIEWAPP_BENCH=full pytest tests/bench/test_training_beside.py -s
```

The 95th percentile of one label over HTTP, next document included: one reviewer, 7 rounds of 100 labels without and
100 with a mini-batch training under way. The median of the rounds' ratios is **0.92** (0.83 to 1.17; 185 ms without,
171 ms with, on a machine that much else kept busy); at most 2 is asked for. The default budget, 3 rounds of 40, gave
1.26 (0.76 to 2.51).

## How to read this

- The features of entities were first chosen on the NCBI test set and confirmed on its development set (decision 10),
  and the cue words of the assertion rule were completed while looking at what it got wrong on this kit, so both flatter
  a little.
- Assertion: ten folds, grouped by sentence, counts of all folds together. Its seconds hold the cross-validation of C.
- Choices: a quarter is held out, or the set's own test questions. The sizes are of training texts.
- Seconds were taken on a shared machine; compare within a row, not with other pages.
"""


def page(runs: Sequence[Run]) -> str:
    """The whole page."""
    return "\n".join([OPENING, *_entities(runs), "", *_assertions(runs), "", *_choices(runs), CLOSING.rstrip(), ""])


def sized(size: int) -> str:
    """A number of examples in words; 0 is all."""
    return f"{size:,}" if size else "all"


def _entities(runs: Sequence[Run]) -> Iterable[str]:
    yield "## Entities\n"
    yield "NCBI disease, entity F1 on its test set (offsets and label exactly right), mean of the draws.\n"
    yield (
        "| sentences | CRFsuite F1 / s | published | peer here | mini-batch F1 / s | published "
        "| sentences/s CRFsuite, mini-batch, peer |"
    )
    yield "|---|---|---|---|---|---|---|"
    for size in dict.fromkeys(run["size"] for run in runs if run["what"] == "peer"):
        ours, other, peer = (_of(runs, what, size) for what in ("crfsuite", "minibatch", "peer"))
        cells = [
            sized(size),
            f"**{_mean(ours, 'f1'):.3f}** / {_mean(ours, 'train_seconds'):.1f}",
            _published(PUBLISHED_CRFSUITE.get(size)),
            f"{_mean(peer, 'f1'):.3f} / {_mean(peer, 'train_seconds'):.1f}",
            f"**{_mean(other, 'f1'):.3f}** / {_mean(other, 'train_seconds'):.1f}",
            _published(PUBLISHED_MINIBATCH.get(size)),
            ", ".join(map(_speed, (ours, other, peer))),
        ]
        yield f"| {' | '.join(cells)} |"


def _assertions(runs: Sequence[Run]) -> Iterable[str]:
    yield "## Assertion status\n"
    yield "The NegEx kit: present, absent or past.\n"
    yield "| examples | macro F1 | published | F1 of absent | published | F1 of past | train s | predictions/s |"
    yield "|---|---|---|---|---|---|---|---|"
    for size in dict.fromkeys(run["size"] for run in runs if run["what"] == "assertion"):
        folds = _of(runs, "assertion", size)
        by_label = {name: _pooled(folds, name) for name in folds[0]["labels"]}
        macro, absent = PUBLISHED_ASSERTION.get(size, (None, None))
        cells = [
            sized(size),
            f"**{mean(by_label.values()):.3f}**",
            _or_dash(macro),
            f"**{by_label['Absent']:.3f}**",
            _or_dash(absent),
            f"{by_label['Past']:.3f}",
            f"{_mean(folds, 'train_seconds'):.2f}",
            f"{_mean(folds, 'predictions_per_second'):,.0f}",
        ]
        yield f"| {' | '.join(cells)} |"


def _choices(runs: Sequence[Run]) -> Iterable[str]:
    yield "## Choices\n"
    yield "| set | texts | F1 | train s | predictions/s |"
    yield "|---|---|---|---|---|"
    for what, title in SETS.items():
        for run in (run for run in runs if run["what"] == what):
            rate = run["predictions_per_second"]
            yield f"| {title} | {sized(run['size'])} | {run['f1']:.3f} | {run['train_seconds']:.2f} | {rate:,.0f} |"


def _of(runs: Sequence[Run], what: str, size: int) -> list[Run]:
    return [run for run in runs if run["what"] == what and run["size"] == size]


def _mean(runs: Sequence[Run], name: str) -> float:
    return mean(run[name] or 0.0 for run in runs)


def _speed(runs: Sequence[Run]) -> str:
    known = [run["predictions_per_second"] for run in runs if run["predictions_per_second"]]
    return f"{mean(known):,.0f}" if known else "–"


def _pooled(folds: Sequence[Run], label: str) -> float:
    """F1 of one label over the counts of all folds."""
    told = [fold["labels"][label] for fold in folds]
    hits, sizes = (
        sum(sum(each[name] for name in names) for each in told) for names in (("hits",), ("annotated", "predicted"))
    )
    return 2 * hits / sizes if sizes else 0.0


def _published(figures: tuple[float, float] | None) -> str:
    return "–" if figures is None else f"{figures[0]:.3f} / {figures[1]:g}"


def _or_dash(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}"
