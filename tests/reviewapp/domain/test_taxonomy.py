"""The taxonomy: labels as a tree, one more label, and a file of labels with a report of every row."""

import json

import pytest

from models_lib import prediction
from reviewapp.domain import projects, taxonomy
from reviewapp.domain.taxonomy import Node, Row
from reviewapp.errors import Invalid, TooLarge
from reviewapp.models import AuditEvent, Project
from tests.cast import Cast, code_chosen, fresh, pinned, trained

CHOICES = [
    ("Relevant", "positive", "1"),
    ("Not relevant", "negative", "2"),
    ("Contract > Termination", "neutral", "t"),
    ("Contract > Renewal", "neutral", ""),
    ("Contract", "neutral", ""),
]


def names(nodes: list[Node]) -> list[object]:
    return [(node.name, names(node.children)) if node.children else node.name for node in nodes]


def values(project: Project) -> list[str]:
    return [choice.value for choice in projects.field(fresh(project)).choices]


def loaded(project: Project, cast: Cast, text: str, filename: str = "labels.csv") -> taxonomy.Report:
    return taxonomy.load(project, cast.mona, taxonomy.read(text.encode(), filename))


def test_labels_make_a_tree(project: Project, cast: Cast) -> None:
    """U-18: Parent > Child; a parent may be a label itself, or only a name."""
    now = projects.change_choices(project, cast.mona, "relevance", [*CHOICES, ("Mail > Spam", "neutral", "")])
    tree = taxonomy.tree(taxonomy.labels(now))
    assert names(tree) == [
        "Relevant",
        "Not relevant",
        ("Contract", ["Termination", "Renewal"]),
        ("Mail", ["Spam"]),
    ]
    assert tree[2].label is not None
    assert tree[3].label is None


def test_a_parent_counts_the_documents_below_it(project: Project, cast: Cast) -> None:
    projects.change_choices(project, cast.mona, "relevance", CHOICES)
    now = trained(project, cast.rita, each=5)
    now.answers.filter(choice="Relevant").update(choice="Contract > Renewal")
    (contract,) = (node for node in taxonomy.tree(taxonomy.labels(now)) if node.name == "Contract")
    assert contract.documents == 5
    assert [child.documents for child in contract.children] == [0, 5]


def test_a_file_is_taken_row_by_row(project: Project, cast: Cast) -> None:
    """U-18: import by file; good rows are taken, bad ones are reported with line and reason."""
    report = loaded(
        project,
        cast,
        "label,role,key\n"
        "Contract>Termination,,t\n"
        "Contract > Renewal,neutral,t\n"
        "Relevant,,\n"
        "\n"
        "Contract > ,neutral,\n"
        "Hot,positive,\n"
        "Relevant,negative,\n"
        "Odd,maybe,\n"
        "Long key,neutral,ab\n"
        f"{'x' * 101},,\n"
        "a > b > c > d > e > f > g,,\n",
    )
    assert report.added == ("Contract > Termination", "Contract > Renewal")
    assert report.kept == ("Relevant",)
    assert [(problem.line, problem.refused) for problem in report.problems] == [
        (3, False),
        (6, True),
        (7, True),
        (8, True),
        (9, True),
        (10, True),
        (11, True),
        (12, True),
    ]
    said = [problem.reason for problem in report.problems]
    for reason, word in zip(
        said, ("key", "empty", "one positive", "positive here", "role", "one char", "100", "6 parts"), strict=True
    ):
        assert word in reason
    assert values(project) == ["Relevant", "Not relevant", "Contract > Termination", "Contract > Renewal"]
    assert AuditEvent.objects.filter(verb="project.choices").count() == 1


def test_a_json_file_may_nest(project: Project, cast: Cast) -> None:
    """U-18."""
    found = [
        "Spam",
        {"label": "Contract", "key": "c", "children": ["Renewal", {"name": "Termination", "children": ["Early"]}]},
        {"role": "neutral"},
        7,
    ]
    report = loaded(project, cast, json.dumps(found), "labels.json")
    assert report.added == (
        "Spam",
        "Contract",
        "Contract > Renewal",
        "Contract > Termination",
        "Contract > Termination > Early",
    )
    assert [problem.line for problem in report.problems] == [3, 4]


@pytest.mark.parametrize(
    ("content", "filename", "why"),
    [
        (b"name\xff", "a.csv", "UTF-8"),
        (b"a\0b", "a.csv", "NUL"),
        (b"colour,size\nred,1\n", "a.csv", "label"),
        (b'label\n"open', "a.csv", "CSV"),
        (b"{}", "a.json", "list"),
        (b"[", "a.json", "JSON"),
        (b"[" * 100_000, "a.json", "JSON"),
        (b"", "a.csv", "label"),
        (b"label\n", "a.xlsx", "CSV"),
    ],
)
def test_what_is_no_file_of_labels_is_refused_whole(content: bytes, filename: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        taxonomy.read(content, filename)


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(TooLarge):
        taxonomy.read(b"x" * (taxonomy.LARGEST_FILE + 1), "a.csv")


def test_there_are_two_hundred_labels_at_most(project: Project, cast: Cast) -> None:
    rows = [Row(line, f"Label {line}") for line in range(1, 211)]
    report = taxonomy.load(project, cast.mona, rows)
    assert (len(report.added), report.refused, len(values(project))) == (198, 12, 200)


def test_an_unchanged_file_changes_nothing(project: Project, cast: Cast) -> None:
    report = loaded(project, cast, "label\nRelevant\nNot relevant\n")
    assert (report.added, report.kept) == ((), ("Relevant", "Not relevant"))
    assert not AuditEvent.objects.filter(verb="project.choices").exists()


def test_a_new_label_starts_without_data_and_leaves_pinned_versions_alone(project: Project, cast: Cast) -> None:
    """U-25: and its state moves as documents get it."""
    now = trained(project, cast.rita)
    pinned(now, cast.mona, 1)
    assert now.version is not None
    before = prediction.predict(now.version, ["the valve supplier paid"])
    taxonomy.add(now, cast.mona, "Contract > Renewal", key="r")
    now = fresh(now)
    assert now.version is not None
    assert prediction.predict(now.version, ["the valve supplier paid"]) == before
    states = {label.choice.value: label.state for label in taxonomy.labels(now)}
    assert states == {"Relevant": "few", "Not relevant": "few", "Contract > Renewal": "not_enough_data"}
    code_chosen(
        now, cast.rita, now.items.select_related("document").filter(decision=None, document__metadata__truth=False)[:14]
    )
    now.answers.filter(choice="Relevant").update(choice="Contract > Renewal")
    states = {label.choice.value: label.state for label in taxonomy.labels(fresh(now))}
    assert states == {"Relevant": "not_enough_data", "Not relevant": "enough", "Contract > Renewal": "never_trains"}


def test_one_label_is_added_or_said_why_not(project: Project, cast: Cast) -> None:
    assert taxonomy.add(project, cast.mona, "Mail>Spam") == "Mail > Spam"
    for wrong in ("Mail > Spam", "", " > x", "Relevant"):
        with pytest.raises(Invalid) as refusal:
            taxonomy.add(project, cast.mona, wrong)
        assert set(refusal.value.fields) == {"label"}
