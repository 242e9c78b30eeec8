"""The reviewer's desk over REST."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reviewapp import access
from reviewapp.api import projects as projects_api
from reviewapp.api import review
from reviewapp.domain import projects, queue, tokens
from reviewapp.errors import ReviewError
from reviewapp.models import Completion, IdempotencyKey, Project, ProjectDocument
from tests.cast import Cast, code, fresh, perform_jobs
from tests.reviewapp.api.conftest import Api

STATEMENTS_A_LABEL = 14 + 2  # next and submit together, signing in included; two are the savepoint of a test's own


def answer(desk: dict[str, Any], choice: str = "Relevant") -> dict[str, str]:
    return {"lease_token": desk["next"]["lease_token"], "choice": choice}


def test_next_hands_out_a_document_with_its_reason_and_what_can_be_answered(project: Project, cast: Cast) -> None:
    """B-07: served with a reason."""
    desk = Api(cast.rita).post(f"/projects/{project.pk}/next").json()

    assert desk["next"]["document"]["text"].startswith("the ")
    assert desk["next"]["reason"] == "index_health"
    assert desk["next"]["version"] is desk["next"]["rank"] is None
    assert [choice["role"] for choice in desk["choices"]["choices"]] == ["positive", "negative"]
    assert desk["progress"]["documents"] == 60
    assert desk["progress"]["next_training_in"] == 10


def test_next_again_gives_the_same_document(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    first, second = (rita.post(f"/projects/{project.pk}/next").json()["next"] for _ in range(2))
    assert first["lease_token"] == second["lease_token"]


def test_one_answer_brings_the_completion_the_next_document_and_the_new_counters(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    desk = rita.post(f"/projects/{project.pk}/next").json()
    after = rita.post(f"/projects/{project.pk}/submissions", answer(desk)).json()

    assert after["completion"]["decision"] == "positive"
    assert after["completion"]["document"] == desk["next"]["document"]["id"] != after["next"]["document"]["id"]
    assert after["progress"] == {**desk["progress"], "coded": 1, "positives": 1, "completions": 1, "waiting": 1,
                                 "next_training_in": 9}  # fmt: skip


def test_the_same_submission_twice_is_one_completion(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    sent = answer(rita.post(f"/projects/{project.pk}/next").json())
    first, second = (rita.post(f"/projects/{project.pk}/submissions", sent).json() for _ in range(2))

    assert first["completion"] == second["completion"]
    assert first["next"]["lease_token"] == second["next"]["lease_token"]
    assert Completion.objects.count() == 1


def test_whoever_wants_no_next_document_holds_none(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    sent = {**answer(rita.post(f"/projects/{project.pk}/next").json()), "take_next": False}
    for _ in range(2):
        after = rita.post(f"/projects/{project.pk}/submissions", sent).json()
        assert (after["next"], after["progress"]["coded"]) == (None, 1)
    assert not ProjectDocument.objects.filter(reviewer=cast.rita).exists()


def test_an_expired_lease_is_a_conflict_and_writes_nothing(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    sent = answer(rita.post(f"/projects/{project.pk}/next").json())
    ProjectDocument.objects.filter(reviewer=cast.rita).update(leased_until=timezone.now())

    refused = rita.post(f"/projects/{project.pk}/submissions", sent)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert not Completion.objects.exists()


def test_a_stolen_lease_is_a_conflict_and_writes_nothing(project: Project, cast: Cast) -> None:
    sent = answer(Api(cast.rita).post(f"/projects/{project.pk}/next").json())
    assert Api(cast.rolf).post(f"/projects/{project.pk}/submissions", sent).status_code == 409
    assert not Completion.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"lease_token": "no uuid", "choice": "Relevant"},
        {"lease_token": str(uuid.uuid4())},
        {"lease_token": str(uuid.uuid4()), "choice": "Relevant", "skip_reason": "Too long"},
        {"lease_token": str(uuid.uuid4()), "choice": "Relevant", "rank": 100},
        [],
        "Relevant",
    ],
)
def test_a_submission_of_another_shape_is_refused_with_the_field(project: Project, cast: Cast, wrong: Any) -> None:
    refused = Api(cast.rita).post(f"/projects/{project.pk}/submissions", wrong)
    assert refused.status_code == 422
    assert refused.json()["fields"]


def test_an_unknown_choice_is_refused_naming_the_known_ones(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    desk = rita.post(f"/projects/{project.pk}/next").json()
    refused = rita.post(f"/projects/{project.pk}/submissions", answer(desk, "Privileged"))
    assert refused.status_code == 422
    assert "Relevant, Not relevant" in refused.json()["detail"]


def test_a_document_can_be_skipped_with_a_reason(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    desk = rita.post(f"/projects/{project.pk}/next").json()
    skipping = {"lease_token": desk["next"]["lease_token"], "skip_reason": "Not in English"}
    after = rita.post(f"/projects/{project.pk}/submissions", skipping).json()
    assert after["completion"]["decision"] == "skipped"
    assert after["progress"]["skipped"] == 1


def test_undo_puts_the_last_document_back_into_the_hands(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    desk = rita.post(f"/projects/{project.pk}/next").json()
    rita.post(f"/projects/{project.pk}/submissions", answer(desk))
    back = rita.post(f"/projects/{project.pk}/undo").json()

    assert back["next"]["document"]["id"] == desk["next"]["document"]["id"]
    assert back["progress"]["coded"] == 0
    assert rita.post(f"/projects/{project.pk}/undo").status_code == 409


def test_a_released_document_is_free_for_another(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    rita.post(f"/projects/{project.pk}/next")
    assert rita.post(f"/projects/{project.pk}/release").status_code == 204
    assert not ProjectDocument.objects.exclude(reviewer=None).exists()


def test_a_chosen_document_can_be_opened_unless_another_holds_it(project: Project, cast: Cast) -> None:
    document = project.items.order_by("ordinal")[7].document_id
    opened = Api(cast.rita).post(f"/projects/{project.pk}/documents/{document}/open").json()
    assert opened["next"]["document"]["id"] == document
    assert opened["next"]["reason"] == "chosen"
    assert Api(cast.rolf).post(f"/projects/{project.pk}/documents/{document}/open").status_code == 409


def test_a_paused_project_hands_out_nothing_and_takes_what_is_out(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    desk = rita.post(f"/projects/{project.pk}/next").json()
    projects.pause(project, cast.mona)

    after = rita.post(f"/projects/{project.pk}/submissions", answer(desk))
    assert (after.status_code, after.json()["next"]) == (201, None)
    assert rita.post(f"/projects/{project.pk}/next").status_code == 409


def test_a_ranked_document_says_by_which_version_and_how_high(project: Project, cast: Cast) -> None:
    """B-07: served with a reason; the version and the rank are shown."""
    while not fresh(project).trainable:
        code(project, cast.rita, 10)
    perform_jobs()
    desk = Api(cast.rolf).post(f"/projects/{project.pk}/next").json()
    assert (desk["next"]["reason"], desk["next"]["version"]) == ("high_rank", 1)
    assert 0 <= desk["next"]["rank"] <= 100


def test_a_label_takes_few_statements_with_a_token(
    project: Project, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """The hot path: next and submit, as a client does that keeps nothing between its calls."""
    _, token = tokens.create(cast.rita, "bench")
    while not fresh(project).trainable:
        code(project, cast.rolf, 10)
    perform_jobs()
    rita = Api(None, {"Authorization": f"Token {token}"})
    rita.post(f"/projects/{project.pk}/submissions", answer(rita.post(f"/projects/{project.pk}/next").json()))

    with django_assert_max_num_queries(STATEMENTS_A_LABEL):
        desk = rita.post(f"/projects/{project.pk}/next").json()
        assert rita.post(f"/projects/{project.pk}/submissions", answer(desk, "Not relevant")).status_code == 201


def test_a_repeated_key_replays_the_very_bytes_and_codes_once(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    sent = answer(rita.post(f"/projects/{project.pk}/next").json())
    first, second = (rita.post(f"/projects/{project.pk}/submissions", sent, Idempotency_Key="k") for _ in range(2))

    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Completion.objects.count() == 1
    assert IdempotencyKey.objects.get().status == 201


def test_the_desk_opens_exactly_for_those_who_may_review(project: Project, cast: Cast) -> None:
    """The desk's own statement must say what the one door says, for everybody."""
    for person in (cast.alice, cast.mona, cast.rita, cast.rolf, cast.vic, cast.stan, cast.olga):
        assert _at(lambda: queue.desk(person, project.pk)) == _at(  # noqa: B023 - called at once
            lambda: access.get(person, Project, project.pk, may="review")  # noqa: B023
        )


def test_the_desk_carries_what_the_queue_reads(
    project: Project, cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    while not fresh(project).trainable:
        code(project, cast.rolf, 10)
    perform_jobs()
    whole = fresh(project)
    with django_assert_num_queries(1):
        desk = queue.desk(cast.rita, project.pk)
        assert review.progress(desk) == review.progress(whole)
        assert projects_api.choices(desk) == projects_api.choices(whole)
        assert desk.snapshot and whole.snapshot
        assert desk.snapshot.artifact == whole.snapshot.artifact


def _at(door: Callable[[], Project]) -> tuple[type, str]:
    """What a door answers, in a form that compares."""
    try:
        return Project, str(door().pk)
    except ReviewError as refusal:
        return type(refusal), refusal.message
