"""What differs between two versions, in words (B-06)."""

from models_lib import differences, links, versions
from models_lib.models import TrainingInputs
from reviewapp.domain import coding, projects
from reviewapp.domain.coding import Answer
from reviewapp.models import Project
from tests.cast import Cast, code_chosen, exported, fresh, perform_jobs, retrained, trained, write_documents


def said(project: Project, earlier: int, later: int) -> list[tuple[str, str]]:
    pair = (versions.get(project, earlier), versions.get(project, later))
    return [(change.what, change.said) for change in differences.between(*pair)]


def train(project: Project, cast: Cast) -> int:
    """Train now; returns the number of the version."""
    projects.train_now(fresh(project), cast.mona)
    perform_jobs()
    version = fresh(project).version
    assert version is not None
    return version.number


def test_decisions_that_came_went_and_turned_are_told_apart(project: Project, cast: Cast) -> None:
    """B-06: a changed digest is explained by a diff of inputs."""
    trained(project, cast.rita)
    coded = project.items.exclude(decision=None).select_related("document")
    turned, same, lost = coded.filter(decision=1)[:3]
    for item, choice in ((turned, "Not relevant"), (same, "Relevant")):
        coding.recode(fresh(project), item, cast.mona, Answer(choice=choice), item.revision)
    coding.recode(fresh(project), lost, cast.mona, Answer(skip_reason="unreadable"), lost.revision)
    open_ = project.items.select_related("document").filter(decision=None)
    code_chosen(project, cast.rita, open_.filter(document__metadata__truth=False)[:2])
    code_chosen(project, cast.rita, open_.filter(document__metadata__truth=True)[:1])
    perform_jobs()
    assert said(project, 1, train(project, cast)) == [
        ("Decisions", "3 decisions came in: 1 relevant, 2 not relevant."),
        ("Decisions", "1 decision no longer counts: 1 relevant, 0 not relevant."),
        (
            "Decisions",
            "2 documents were decided again: 1 from relevant to not relevant, 1 with the same answer.",
        ),
    ]


def test_an_index_that_grew_is_named(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    write_documents(project.workspace, 25)
    projects.adopt(project.workspace, cast.mona)
    perform_jobs()
    assert said(project, 1, 2) == [
        ("Index", "It is population 2 over 85 documents instead of population 1 over 60 documents."),
    ]


def test_a_linked_model_parameters_and_libraries_are_named(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    model = exported(project, cast.mona)
    links.link(fresh(project), model, cast.mona)
    perform_jobs()
    assert said(project, 1, 2) == [("Linked model", f"It is {model.guid} instead of none.")]
    inputs = TrainingInputs.objects.get(version__number=2)
    inputs.record["parameters"]["C"] = 1.0
    del inputs.record["parameters"]["seed"]
    inputs.record["libraries"]["scipy"] = "9.9"
    inputs.record["chance"] = "weather"
    inputs.save()
    told = dict(said(project, 1, 2)[1:])
    assert told["Parameters"] == "The parameter seed was 0 and is not set."
    assert ("Parameters", "The parameter C was 0.5 and is 1.") in said(project, 1, 2)
    assert told["Libraries"].endswith("and is “9.9”.")
    assert told["Inputs"] == "What was read as “chance” differs."


def test_nothing_differs_from_itself(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    retrained(project, cast.rita)
    assert said(project, 2, 2) == []
