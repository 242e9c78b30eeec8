"""The explanation over REST."""

from decimal import Decimal

from reviewapp.models import Project
from tests.cast import Cast, trained
from tests.reviewapp.api.conftest import Api


def test_the_numbers_add_up_and_the_spans_hold_the_terms(project: Project, cast: Cast) -> None:
    """B-11: shown contributions, the rest and the bias make the log-odds."""
    now = trained(project, cast.rita)
    document = now.items.filter(decision=None, document__metadata__truth=True)[0].document
    said = Api(cast.vic).get(f"/projects/{now.pk}/documents/{document.pk}/why").json()
    terms = said["speaking_for"] + said["speaking_against"]
    shown = [said["bias"], said["rest"], *(term["added"] for term in terms)]
    assert sum(Decimal(str(number)) for number in shown) == Decimal(str(said["log_odds"]))
    words = {document.text[span["start"] : span["end"]] for span in said["text"]}
    assert any("valve" in word for word in words)
    assert said["nearest"][0]["decision"] == "positive"


def test_another_version_can_be_asked_for(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    path = f"/projects/{now.pk}/documents/{now.items.all()[0].document_id}/why"
    assert Api(cast.vic).get(path, version="1").json()["version"] == 1
    assert Api(cast.vic).get(path, version="77").status_code == 404
    assert Api(cast.vic).get(path, version="x").status_code == 400
    assert Api(cast.vic).get(path, what="x").status_code == 400
