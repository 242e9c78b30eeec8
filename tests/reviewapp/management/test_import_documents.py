"""Any real file becomes a workspace by one command."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reviewapp.models import Document, Job, Workspace
from tests.cast import Cast

REAL = Path(__file__).parents[4] / "shared/data/tar/Kwok_2020.csv.gz"  # beside the checkout


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "matter.csv"
    path.write_text("id,title,abstract,who\n1,One,first,me\n2,Two,second,you\n2,Twice,third,us\n", encoding="utf-8")
    return path


def load(path: Path, **options: object) -> str:
    said = StringIO()
    call_command("import_documents", path, stdout=said, **options)
    return said.getvalue()


def test_one_command_makes_the_workspace_and_loads_the_file(cast: Cast, table: Path) -> None:
    said = load(table, workspace="Matter", create=True)
    found = Workspace.objects.get(name="Matter").documents
    assert list(found.values_list("control_number", "title", "text", "metadata")) == [
        ("1", "One", "first", {"who": "me"}),
        ("2", "Two", "second", {"who": "you"}),
    ]
    assert "line 4 2: “2” is on line 3 already. The first one was kept." in said
    assert "2 loaded, 1 refused, 0 changed on the way" in said


def test_columns_can_be_chosen(workspace: Workspace, cast: Cast, table: Path) -> None:
    load(table, workspace="Halden", control_number="who", text="title", metadata="id", tag=["box"], by="mona")
    document = workspace.documents.get(control_number="me")
    assert (document.title, document.text, document.metadata, document.tags) == ("One", "One", {"id": "1"}, ["box"])
    assert Job.objects.get().requested_by == cast.mona


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"workspace": "Nowhere"}, "There is no workspace “Nowhere”. Add --create to make it."),
        (
            {"workspace": "Halden", "text": "body"},
            "There is no column “body”. The columns are: id, title",
        ),
        ({"workspace": "Halden", "by": "nobody"}, "There is no active person with the user name “nobody”."),
        ({"workspace": "Halden", "by": "rita"}, "Your role does not let you"),
        ({"workspace": "Elsewhere", "by": "mona"}, "does not exist, or you have no access to it."),
        ({"workspace": "New", "create": True, "by": "mona"}, "Only people with the right to add workspaces"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(
    workspace: Workspace, table: Path, options: dict[str, object], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason.replace("(", r"\(")):
        load(table, **options)
    assert not Document.objects.exists()
    assert not Job.objects.exists()


def test_a_missing_file_and_a_file_without_rows_end_with_a_reason(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        load(tmp_path / "missing.csv", workspace="Halden")
    path = tmp_path / "x.csv"
    path.write_text("id,text\n", encoding="utf-8")
    with pytest.raises(CommandError, match="The file has no rows"):
        load(path, workspace="Halden")


@pytest.mark.skipif(not REAL.exists(), reason="the real collections are not on this machine")
def test_a_real_collection_loads_whole(cast: Cast) -> None:
    load(REAL, workspace="Kwok", create=True)
    documents = Workspace.objects.get(name="Kwok").documents
    assert documents.count() == 2_481
    assert documents.filter(metadata__label="1").count() == 120
