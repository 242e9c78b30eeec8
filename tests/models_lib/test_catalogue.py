"""The catalogue: every column narrows and orders, in one statement, and shows nobody what they may not see."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from models_lib import catalogue, library, links
from models_lib.catalogue import Wanted
from models_lib.models import TrainedModel
from reviewapp.models import Job, Project, User
from tests.cast import Cast, exported, fresh, trained


@pytest.fixture
def models(project: Project, cast: Cast) -> dict[str, TrainedModel]:
    """Four models that differ in every column: one exported here and linked, one shared in, one running, one failed."""
    workspace = project.workspace
    kind, spam = (workspace.categories.create(name=name, position=n) for n, name in enumerate(("Kind", "Spam"), 1))
    here = exported(trained(project, cast.rita), cast.mona, "Alpha valves", description="Matter 7", categories=[kind])
    links.link(fresh(project), here, cast.mona)

    def another(name: str, by: User, **fields: object) -> TrainedModel:
        """A row as another instance of this product's verbs would have left it."""
        made: TrainedModel = TrainedModel.objects.create(
            workspace=workspace, name=name, created_by=by, modified_by=by, **fields
        )
        return made

    shared = another(
        "Beta contracts",
        cast.alice,
        origin="shared",
        sealed_at=timezone.now(),
        positives=50,
        negatives=150,
        vocabulary=90_000,
        payload="f" * 64,
        size=5_000_000,
        features={"version": 2},
    )
    shared.categories.set([spam])
    running = Job.objects.create(kind="export", workspace=workspace, state="running")
    moving = another("Gamma spam", cast.alice, origin="exported", job=running)
    failed = another("Delta", cast.olga, origin="exported")
    for days, made in enumerate((here, shared, moving, failed)):
        TrainedModel.objects.filter(pk=made.pk).update(
            created_at=timezone.now() - timedelta(days=days), modified_at=timezone.now() - timedelta(days=10 - days)
        )
    return {"here": here, "shared": shared, "moving": moving, "failed": failed}


def found(models: dict[str, TrainedModel], user: User, **wanted: object) -> list[str]:
    by_pk = {made.pk: name for name, made in models.items()}
    rows = catalogue.find(user, models["here"].workspace, Wanted(**wanted))  # type: ignore[arg-type]
    return [by_pk[row.pk] for row in rows]


def test_what_is_here_what_runs_and_what_was_shared_in_stand_together_and_apart(
    models: dict[str, TrainedModel], cast: Cast
) -> None:
    """R-27: one of each kind is visible together; a filter separates them."""
    assert found(models, cast.vic) == ["here", "shared", "moving", "failed"]
    assert found(models, cast.vic, group="exported") == ["here", "failed"]
    assert found(models, cast.vic, group="progress") == ["moving"]
    assert found(models, cast.vic, group="shared") == ["shared"]


def test_every_column_narrows(models: dict[str, TrainedModel], cast: Cast) -> None:
    """R-28, R-35: each of the columns of 2.1.2."""
    here, spam = models["here"], models["shared"].categories.get()
    today = timezone.now().date()
    narrowed: dict[str, tuple[dict[str, Any], list[str]]] = {
        "words": ({"words": "matter"}, ["here"]),
        "name": ({"name": "BETA"}, ["shared"]),
        "description": ({"description": "matter 7"}, ["here"]),
        "category": ({"category": spam.pk}, ["shared"]),
        "no category": ({"uncategorized": True}, ["moving", "failed"]),
        "status": ({"statuses": ("failed", "ready")}, ["here", "shared", "failed"]),
        "guid": ({"guid": f" {str(here.guid).upper()[:9]}"}, ["here"]),
        "origin": ({"origin": "shared"}, ["shared"]),
        "positives": ({"positives": (7, None)}, ["shared"]),
        "negatives": ({"negatives": (None, 6)}, ["here"]),
        "documents": ({"documents": (12, 12)}, ["here"]),
        "vocabulary": ({"vocabulary": (1, 80_000)}, ["here"]),
        "features": ({"features": 2}, ["shared"]),
        "payload": ({"payload": here.payload[:8]}, ["here"]),
        "size": ({"size": (1_000_000, None)}, ["shared"]),
        "created_by": ({"created_by": "olg"}, ["failed"]),
        "created": ({"created": (today - timedelta(days=1), None)}, ["here", "shared"]),
        "modified_by": ({"modified_by": "alice"}, ["shared", "moving"]),
        "modified": ({"modified": (None, today - timedelta(days=9))}, ["here", "shared"]),
        "links": ({"links": (1, None)}, ["here"]),
    }
    told = {name: found(models, cast.vic, **wanted) for name, (wanted, _) in narrowed.items()}
    assert told == {name: names for name, (_, names) in narrowed.items()}


def test_every_column_orders_from_either_end(models: dict[str, TrainedModel], cast: Cast) -> None:
    """R-28: backwards is the mirror image, but for what has no value, which comes last."""
    for column in catalogue.ORDERS:
        forward = found(models, cast.vic, order=column)
        backward = found(models, cast.vic, order=f"-{column}")
        empty = {"moving", "failed"} if column in (*catalogue.COUNTS, "features") else set()
        without = [[name for name in names if name not in empty] for names in (forward, backward)]
        assert without[0] == without[1][::-1], column
        assert set(forward[4 - len(empty) :]) == set(backward[4 - len(empty) :]) == empty, column
        assert sorted(forward) == sorted(models), column


def test_orders_are_those_of_the_columns(models: dict[str, TrainedModel], cast: Cast) -> None:
    assert found(models, cast.vic, order="name") == ["here", "shared", "failed", "moving"]
    assert found(models, cast.vic, order="-size") == ["shared", "here", "failed", "moving"]
    assert found(models, cast.vic, order="categories") == ["moving", "failed", "here", "shared"]
    assert found(models, cast.vic, order="status") == ["failed", "moving", "here", "shared"]
    assert found(models, cast.vic, order="created_at; drop table") == ["here", "shared", "moving", "failed"][::-1]


def test_one_statement_gives_the_rows_their_categories_their_links_and_how_many_there_are(
    models: dict[str, TrainedModel], cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """R-28"""
    workspace = models["here"].workspace
    with django_assert_num_queries(1):
        rows = list(catalogue.find(cast.vic, workspace, Wanted())[:2])
        told = [(r.category_names, r.links, r.total, r.status, r.created_by.username) for r in rows]  # type: ignore[attr-defined, union-attr]
    assert told == [(["Kind"], 1, 4, "ready", "mona"), (["Spam"], 0, 4, "ready", "alice")]


def test_a_restricted_model_is_in_no_list_count_filter_or_order(models: dict[str, TrainedModel], cast: Cast) -> None:
    """R-12"""
    library.restrict(models["shared"], cast.alice, True, [cast.rita])
    assert "shared" in found(models, cast.rita, group="shared")
    for wanted in (
        {},
        {"group": "shared"},
        {"origin": "shared"},
        {"words": "Beta"},
        {"guid": str(models["shared"].guid)},
    ):
        rows = catalogue.find(cast.vic, models["here"].workspace, Wanted(**wanted))  # type: ignore[arg-type]
        assert models["shared"] not in rows
        assert all(row.total == len(rows) for row in rows)  # type: ignore[attr-defined]


def test_counts_of_models_shared_in_can_be_kept_back(
    models: dict[str, TrainedModel], cast: Cast, settings: Settings
) -> None:
    """SPEC 2.1.2: neither shown nor searched nor ordered by."""
    settings.MODEL_COUNTS = False
    assert found(models, cast.vic, documents=(1, None)) == ["here"]
    assert found(models, cast.vic, order="-documents")[0] == "here"
    shown = {m.pk: m.shown_documents for m in catalogue.find(cast.vic, models["here"].workspace, Wanted())}  # type: ignore[attr-defined]
    assert (shown[models["shared"].pk], shown[models["here"].pk]) == (None, 12)
    assert (models["shared"].counted, models["here"].counted) == (False, True)
