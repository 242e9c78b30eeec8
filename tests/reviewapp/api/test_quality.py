"""Quality over REST: second looks, adjudication, conflicts, overturned decisions."""

import uuid

import pytest

from reviewapp.domain import coding, leases, second_looks
from reviewapp.domain.coding import Answer
from reviewapp.models import Project, ProjectDocument
from tests.cast import Cast, fresh, perform_jobs, trained
from tests.reviewapp.api.conftest import Api


@pytest.fixture
def differing(project: Project, cast: Cast) -> Project:
    """Rita and Rolf answered differently about one document."""
    now = trained(project, cast.rita)
    second_looks.draw(now, cast.mona, negatives=1)
    item = leases.take_second_look(fresh(now), cast.rolf, uuid.uuid4())
    assert item is not None
    assert item.lease_token is not None
    coding.submit(fresh(now), cast.rolf, item.lease_token, Answer(choice="Relevant", note="see page 2"))
    leases.release(fresh(now), cast.rolf)
    return fresh(now)


def test_a_manager_draws_and_decides(differing: Project, cast: Cast) -> None:
    path, mona = f"/projects/{differing.pk}/second-looks", Api(cast.mona)
    assert mona.post(path, {"positives": 2, "negatives": 1}).json() == {"drawn": 3}
    [row] = mona.get(path, state="open").json()["results"]
    assert (row["first"]["reviewer"], row["second"]["reviewer"]) == ("rita", "rolf")
    assert (row["second"]["decision"], row["second"]["note"]) == ("positive", "see page 2")
    said = mona.post(f"{path}/{row['id']}/adjudication", {"choice": "Relevant"})
    assert (said.status_code, said.json()["decision"]) == (201, "positive")
    assert mona.post(f"{path}/{row['id']}/adjudication", {"choice": "Relevant"}).status_code == 409
    assert mona.get(path, state="open").json()["results"] == []
    [settled] = mona.get(path, state="settled").json()["results"]
    assert settled["adjudication"]["reviewer"] == "mona"
    assert mona.get(path, state="lost").status_code == 400


def test_the_summary_gives_every_figure_with_its_interval(differing: Project, cast: Cast) -> None:
    path, vic = f"/projects/{differing.pk}/quality", Api(cast.vic)
    said = vic.get(path).json()
    assert (said["open"], said["agreement"]["documents"], said["recall"]) == (1, 1, None)
    assert said["table"] == [[0, 0], [1, 0]]
    assert said["agreement"]["percent"]["method"].startswith("Clopper-Pearson")
    second_looks.draw(differing, cast.mona, positives=1)
    item = leases.take_second_look(differing, cast.rolf, uuid.uuid4())
    assert item is not None
    assert item.lease_token is not None
    coding.submit(differing, cast.rolf, item.lease_token, Answer(choice="Relevant"))
    assert vic.get(path).json()["recall"]["as_coded"]["value"] == 1
    over = vic.get(path, pile="40", sample="20", positives="2").json()["recall"]
    assert over["as_coded"]["value"] == pytest.approx(6 / 10)
    assert vic.get(path, pile="10", sample="20", positives="2").status_code == 400


def test_while_looking_again_a_person_cannot_read_the_first_answer_anywhere(project: Project, cast: Cast) -> None:
    """SPEC 3.7: the second look is blind over REST too."""
    now = trained(project, cast.rita)
    second_looks.draw(now, cast.mona, positives=1)
    item = leases.take_second_look(fresh(now), cast.rolf, uuid.uuid4())
    assert item is not None
    rolf, rita, base = Api(cast.rolf), Api(cast.rita), f"/projects/{now.pk}"
    desk = rolf.post(f"{base}/next").json()["next"]
    assert (desk["reason"], desk["rank"]) == ("second_look", None)
    said = rolf.get(f"{base}/documents/{item.document_id}").json()
    assert (said["decision"], said["choice"], said["rank"], said["history"]) == (None, None, None, [])
    rows = {row["document"]["id"]: row for row in rolf.every(f"{base}/documents")}
    assert (rows[item.document_id]["decision"], rows[item.document_id]["rank"]) == (None, None)
    assert item.document_id not in {row["document"] for row in rolf.every(f"{base}/completions")}
    assert rolf.get(f"{base}/documents/{item.document_id}/why").status_code == 409
    assert rita.get(f"{base}/documents/{item.document_id}").json()["decision"] == "positive"


def test_conflicts_come_in_pages(project: Project, cast: Cast) -> None:
    base, vic = f"/projects/{project.pk}", Api(cast.vic)
    assert vic.get(f"{base}/conflicts/rank").status_code == 409
    assert vic.get(f"{base}/conflicts/copies").status_code == 409
    now = trained(project, cast.rita, each=10)
    wrong = now.items.filter(decision=None, document__metadata__truth=False)[:2]
    for item in wrong:
        coding.recode(fresh(now), item, cast.rita, Answer(choice="Relevant"), item.revision)
    Api(cast.mona).post(f"{base}/train")
    perform_jobs()
    rows = vic.every(f"{base}/conflicts/rank", page_size=1)
    assert {row["place"]["document"] for row in rows} >= {item.document_id for item in wrong}
    job = Api(cast.mona).post(f"{base}/duplicate-searches")
    assert (job.status_code, job.json()["kind"]) == (202, "group")
    perform_jobs()
    groups = vic.get(f"{base}/conflicts/copies").json()["results"]
    assert all(len({place["decision"] for place in group["places"]}) > 1 for group in groups)


def test_overturned_decisions_are_told_with_the_version_then(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    item = ProjectDocument.objects.filter(project=now, decision=1)[0]
    coding.recode(now, item, cast.mona, Answer(choice="Not relevant"), item.revision)
    [row] = Api(cast.vic).get(f"/projects/{now.pk}/overturns", by_others="true").json()["results"]
    assert (row["was"]["reviewer"], row["now"]["reviewer"], row["version"]) == ("rita", "mona", 1)
    assert (row["was"]["decision"], row["now"]["decision"], row["why"]) == ("positive", "negative", "chosen")
