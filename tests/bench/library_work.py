"""The measured process of ``tests.bench.library``."""

import json
import logging
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any, TypeVar

import django
import numpy as np
from django.conf import settings
from numpy.typing import NDArray

django.setup()

from django.db import connection  # noqa: E402 - tables can be imported only after the setup above
from django.utils import timezone  # noqa: E402

from models_lib import exports, keys, library, links, payload, sealing, shares  # noqa: E402
from models_lib.models import TrainedModel  # noqa: E402
from reviewapp.artifacts import Artifacts  # noqa: E402
from reviewapp.domain import jobs, people, projects  # noqa: E402
from reviewapp.models import (  # noqa: E402
    Completion,
    Decision,
    Document,
    Job,
    Project,
    ProjectDocument,
    Reason,
    User,
    Workspace,
)
from tests.bench.learning import made_up  # noqa: E402
from tests.models_lib.planted import Needles, rare_words  # noqa: E402
from training import datasets, exporting, indexing, pooling  # noqa: E402
from training.core import features, relevance  # noqa: E402
from training.core.tokens import Tokenizer  # noqa: E402

RICHNESS = 0.05
REPEATS = 3
BELOW = 5  # words of fewer documents are dropped where that is measured
DO = {Job.Kind.POPULATE: indexing.populate, Job.Kind.EXPORT: exporting.export, Job.Kind.SHARE: shares.share}

Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    began = time.process_time()
    result = work()
    return result, time.process_time() - began


def fastest(work: Callable[[], Result]) -> tuple[Result, float]:
    return min((timed(work) for _ in range(REPEATS)), key=lambda done: done[1])


def work_off() -> None:
    """Do what waits, as a worker would; anything that does not end well ends the measurement."""
    for pk, kind in jobs.waiting():
        jobs.perform(pk, DO[Job.Kind(kind)])
        job = Job.objects.get(pk=pk)
        if job.state != Job.State.DONE:
            raise SystemExit(f"{job.kind}: {job.state}. {job.error}")


def fresh(project: Project) -> Project:
    return Project.objects.select_related("workspace", "index", "linked_model").get(pk=project.pk)


class World:
    """Two workspaces of one person; the second one is another client's."""

    def __init__(self) -> None:
        self.person = User.objects.create(username="bench")
        self.here, self.there = (Workspace.objects.create(name=name) for name in ("Here", "There"))
        for workspace in (self.here, self.there):
            people.grant(workspace, self.person, "admin", None)

    def project(self, name: str, *tags: str) -> Project:
        """A populated project over the documents of these tags."""
        made = projects.create(self.here, self.person, name=name, document_tags=list(tags), every_n=100_000)
        work_off()
        return fresh(made)

    def write(self, labels: NDArray[np.bool_], tag: str, seed: int, ends: Sequence[str] = ()) -> None:
        """Made-up documents for the labels, the first ones with a word of ``ends`` each at their end."""
        pages = [pair for titles, texts in made_up(labels, seed) for pair in zip(titles, texts, strict=True)]
        words = [*ends, *[""] * (len(labels) - len(ends))]
        common = {"workspace": self.here, "tags": [tag]}
        documents = [
            Document(control_number=f"{tag}-{number}", title=title, text=f"{text} {word}", **common)
            for number, ((title, text), word) in enumerate(zip(pages, words, strict=True))
        ]
        Document.objects.bulk_create(documents, batch_size=1000)

    def code(self, project: Project, labels: NDArray[np.bool_]) -> Project:
        """Decide on the first documents of the project, as if people had; a label for each of them."""
        items = list(project.items.order_by("ordinal")[: len(labels)])
        decisions = [Decision.POSITIVE if label else Decision.NEGATIVE for label in labels]
        given = {"project": project, "reviewer": self.person, "served_reason": Reason.CHOSEN}
        answers = [
            Completion(item=item, decision=decision, **given) for item, decision in zip(items, decisions, strict=True)
        ]
        for item, answer in zip(items, Completion.objects.bulk_create(answers, batch_size=1000), strict=True):
            item.current, item.decision = answer, answer.decision
        ProjectDocument.objects.bulk_update(items, ["current", "decision"], batch_size=1000)
        positives = int(labels.sum())
        counts = {"positives": positives, "negatives": len(labels) - positives, "completions": len(labels)}
        Project.objects.filter(pk=project.pk).update(**counts, counted=len(labels))
        return fresh(project)

    def export(self, project: Project, name: str, **asked: Any) -> tuple[TrainedModel, float]:
        model = exports.request(project, self.person, name=name, **asked)
        _, seconds = timed(work_off)
        model.refresh_from_db()
        return model, seconds


def measure(coded: int, models: int, canaries: int) -> dict[str, Any]:
    """Everything, in the order of the module's text."""
    world, chance = World(), np.random.default_rng(1)
    labels = [chance.random(coded) < RICHNESS for _ in range(2)]
    for number, tag in enumerate(("first", "second")):
        world.write(labels[number], tag, seed=number)
    source, target = (world.project(tag, tag) for tag in ("first", "second"))
    source = world.code(source, labels[0])
    model, seconds = world.export(source, "Whole")
    found: dict[str, Any] = {"coded": coded, "export": {"seconds": seconds, **sizes(model)}}
    found["seal"] = sealing_times(model)
    found["link"] = link_times(world, target, source, model, labels)
    found["rotation"] = rotation_times(world, models)
    found["secrets"] = secrets(world, canaries) | dropping(canaries)
    return found


def sizes(model: TrainedModel) -> dict[str, Any]:
    size = {"sealed_bytes": model.size, "bytes_a_document": model.size / model.documents}
    return {**size, "tokens": model.vocabulary, "privacy": model.privacy}


def sealing_times(model: TrainedModel) -> dict[str, float]:
    rows = library.training_rows(model)
    plain, writing = fastest(lambda: payload.to_bytes(rows))
    _, sealed = fastest(lambda: sealing.seal(plain, model.guid))
    _, opened = fastest(lambda: library.training_rows(model))
    return {"write": writing, "seal": sealed, "open": opened}


def link_times(
    world: World, target: Project, source: Project, model: TrainedModel, labels: Sequence[NDArray[np.bool_]]
) -> dict[str, float]:
    """What a training takes by local coding alone and with the link, opening and weighing the linked rows included.

    A link alone is set beside as many documents coded locally, and a link with local coding beside coding all of them
    in one project, which gives the same bytes.
    """
    local = fit(source)
    links.link(target, model, world.person)
    Job.objects.filter(project=target, kind=Job.Kind.TRAIN).delete()
    linked = fit(fresh(target))
    both = fit(world.code(fresh(target), labels[1]))
    together = fit(world.code(world.project("Together", "first", "second"), np.concatenate(labels)))
    ratios = {"linked_over_local": linked / local, "both_over_together": both / together}
    return {"local": local, "linked": linked, "both": both, "together": together, **ratios}


def fit(project: Project) -> float:
    assert project.index is not None
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(project.index.artifact)
    dataset = datasets.read(project)

    def work() -> None:
        pool = pooling.pool(dataset, arrays, pooling.linked_rows(project))
        relevance.fit_relevance(pool.rows, pool.labels)

    return fastest(work)[1]


def rotation_times(world: World, models: int) -> dict[str, float]:
    """A new key for so many ready models; each is opened afterwards."""
    plain = b"training" * 100
    vault, ready = library.vault(), []
    for number in range(models):
        guid = uuid.uuid4()
        sealed = sealing.seal(plain, guid)
        kept = {"file": vault.keep(sealed.body), "size": len(sealed.body), "sealed_at": timezone.now()}
        wrapped = {"key_id": sealed.key_id, "wrapped_key": sealed.wrapped_key}
        ready.append(TrainedModel(workspace=world.there, guid=guid, name=f"Model {number}", **kept, **wrapped))
    TrainedModel.objects.bulk_create(ready)
    began = time.monotonic()
    done, seconds = timed(keys.rotate)
    wall = time.monotonic() - began
    for model in TrainedModel.objects.filter(workspace=world.there):
        sealed = sealing.Sealed(vault.read(model.file, model.size), model.key_id, bytes(model.wrapped_key))
        assert sealing.unseal(sealed, model.guid) == plain
    assert done.rewrapped >= models
    return {"models": done.rewrapped, "seconds": seconds, "wall_seconds": wall}


def secrets(world: World, canaries: int) -> dict[str, Any]:
    """Plant a word in each of so many training documents and search for it where the model goes."""
    words, labels = rare_words(canaries), np.arange(canaries) % 20 == 0
    heard = StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(heard))
    world.write(labels, "planted", seed=7, ends=words)
    project = world.code(world.project("Planted", "planted"), labels)
    model, _ = world.export(project, "Planted")
    shares.request(world.here, world.person, [model.pk], [world.there.pk])
    work_off()
    copy = TrainedModel.objects.get(workspace=world.there, guid=model.guid)
    body = library.vault().read(copy.file, copy.size)
    plain = sealing.unseal(sealing.Sealed(body, copy.key_id, bytes(copy.wrapped_key)), copy.guid)
    surfaces = {"file": body, "payload": plain, "rows": rows_of(world.there), "logs": heard.getvalue().encode()}
    found, seconds = timed(lambda: Needles(words).found_in(surfaces))
    at_home = Needles(words[:1]).found("\n".join(world.here.documents.values_list("text", flat=True)).encode())
    return {"canaries": canaries, "found": found, "found_at_home": at_home, "search_seconds": seconds}


def rows_of(workspace: Workspace) -> bytes:
    """The other workspace's models, jobs and audit events, as the database writes them out."""
    tables = ("models_lib_trainedmodel", "reviewapp_job", "reviewapp_auditevent")
    said = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t WHERE workspace_id = %s", [workspace.pk])
            said += [row for (row,) in cursor.fetchall()]
    return "\n".join(said).encode()


def dropping(canaries: int) -> dict[str, Any]:
    """Train with and without a rare word in each document, words of fewer than :data:`BELOW` documents left out."""
    tokenizer, labels = Tokenizer(b"bench"), np.arange(canaries) % 20 == 0
    pages = [pair for titles, texts in made_up(labels, 7) for pair in zip(titles, texts, strict=True)]
    titles, texts = [title for title, _ in pages], [text for _, text in pages]
    ended = [f"{text} {word}" for text, word in zip(texts, rare_words(canaries), strict=True)]
    whole = tokenizer.count(titles, texts)
    idf = features.inverse_document_frequencies(features.document_frequencies(whole), canaries)
    scores, seconds = [], 0.0
    for written in (texts, ended):
        common, took = timed(lambda written=written: tokenizer.count_common(lambda: [(titles, written)], BELOW))  # type: ignore[misc]
        rows = payload.digest(common, labels)
        model = relevance.fit_relevance(features.weigh(rows.counts, idf), rows.labels)
        scores.append(relevance.score(features.weigh(whole, idf), model))
        seconds += took / 2
    return {"greatest_change": float(np.abs(scores[0] - scores[1]).max()), "drop_seconds": seconds}


def main(arguments: list[str]) -> None:
    coded, models, canaries = map(int, arguments)
    found = measure(coded, models, canaries)
    for name, figures in found.items():
        print(f"{name:10} {figures}")
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
