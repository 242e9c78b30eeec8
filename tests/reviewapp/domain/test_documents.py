"""Documents are found by their words, tagged in bulk, and deleted so that nothing of them is left but the record."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, QuerySet

from reviewapp.domain import coding, documents, projects, queue
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import AuditEvent, Completion, Decision, Document, Job, Project, ProjectDocument, Workspace
from tests.cast import Cast, code, fresh, perform_jobs, trained, write_documents


def write(workspace: Workspace, **texts: str) -> QuerySet[Document]:
    Document.objects.bulk_create(
        Document(workspace=workspace, control_number=name, title=f"About {name}", text=text)
        for name, text in texts.items()
    )
    return workspace.documents.all()


def names(rows: QuerySet[Document]) -> list[str]:
    return list(rows.order_by("id").values_list("control_number", flat=True))


def test_words_phrases_or_and_not_are_understood(workspace: Workspace) -> None:
    rows = write(workspace, A="The faulty valve", B="a valve that is not faulty", C="Lunch; Æbleskiver", D="")
    assert names(documents.search(rows, "valve")) == ["A", "B"]
    assert names(documents.search(rows, '"faulty valve"')) == ["A"]
    assert names(documents.search(rows, "lunch or FAULTY -that")) == ["A", "C"]
    assert names(documents.search(rows, "æbleskiver")) == ["C"]
    assert names(documents.search(rows, "about d")) == ["D"]
    assert names(documents.search(rows, "nowhere")) == []


@pytest.mark.parametrize("text", ["", "  ", "\0", "\ud800"])
def test_nothing_to_look_for_finds_everything(workspace: Workspace, text: str) -> None:
    rows = write(workspace, A="a", B="b")
    assert names(documents.search(rows, text)) == ["A", "B"]


@pytest.mark.parametrize("text", ["'", '"', "a & | ! :*", "\\", "%s", "-", "or or", "a\0b", "(" * 5000])
def test_odd_searches_are_answered(workspace: Workspace, text: str) -> None:
    rows = write(workspace, X="x")
    assert names(documents.search(rows, text)) == []


def test_the_search_uses_the_index_of_words(workspace: Workspace) -> None:
    write(workspace, A="valve")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    assert "document_words" in documents.search(Document.objects.all(), "valve").explain()


def test_tags_are_added_once_and_removed(workspace: Workspace, cast: Cast) -> None:
    rows = write(workspace, A="a", B="b", C="c")
    rows.filter(control_number="A").update(tags=["z", "hot"])
    some = rows.exclude(control_number="C")
    assert documents.add_tags(workspace, some, [" hot ", 'new "x", {y}\\', "hot"], cast.mona) == 2
    found = dict(rows.values_list("control_number", "tags"))
    assert found == {"A": ["z", "hot", 'new "x", {y}\\'], "B": ["hot", 'new "x", {y}\\'], "C": []}
    assert documents.add_tags(workspace, some, ["hot"], cast.mona) == 0
    assert documents.remove_tags(workspace, rows, ["hot", "nowhere"], cast.mona) == 2
    found = dict(rows.values_list("control_number", "tags"))
    assert found == {"A": ["z", 'new "x", {y}\\'], "B": ['new "x", {y}\\'], "C": []}
    verbs = list(
        AuditEvent.objects.filter(workspace=workspace, verb__startswith="document").values_list("verb", flat=True)
    )
    assert verbs == ["document.remove_tags", "document.add_tags", "document.add_tags"]


def test_tags_beyond_what_is_possible_change_nothing(workspace: Workspace, cast: Cast) -> None:
    rows = write(workspace, A="a", B="b")
    rows.filter(control_number="B").update(tags=[str(number) for number in range(99)])
    for tags in (["x", "y"], ["x" * 101], [" "], []):
        with pytest.raises(Invalid):
            documents.add_tags(workspace, rows, tags, cast.mona)
    assert rows.get(control_number="A").tags == []


def test_tagging_stops_at_the_wall_of_the_workspace(workspace: Workspace, cast: Cast) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    write(elsewhere, A="a")
    everything = Document.objects.all()
    assert documents.add_tags(workspace, everything, ["x"], cast.mona) == 0
    assert documents.delete(workspace, everything, cast.mona) == 0
    assert elsewhere.documents.get().tags == []


def test_a_tagged_document_joins_the_project_for_that_tag(workspace: Workspace, cast: Cast) -> None:
    rows = write(workspace, A="a", B="b")
    project = projects.create(workspace, cast.mona, name="Hot ones", document_tags=["hot"])
    documents.add_tags(workspace, rows.filter(control_number="B"), ["hot"], cast.mona)
    assert [item.document.control_number for item in project.items.select_related("document")] == ["B"]
    assert fresh(project).documents == 1


def counters(project: Project) -> dict[str, int]:
    return {name: getattr(fresh(project), name) for name in ("documents", *documents.COUNTED)}


def counted(project: Project) -> dict[str, int]:
    """The counters as the rows say they should be."""
    sums = {name: Count("pk", filter=rule) for name, rule in documents.COUNTED.items()}
    return project.items.filter(removed=False).aggregate(documents=Count("pk"), **sums)


def test_a_deleted_document_leaves_nothing_but_the_record(project: Project, cast: Cast) -> None:
    """U-17"""
    trained(project, cast.rita)
    workspace = project.workspace
    coded = project.items.filter(decision=Decision.POSITIVE).select_related("document").first()
    assert coded is not None
    assert documents.delete(workspace, workspace.documents.filter(pk=coded.document_id), cast.mona) == 1

    document = Document.objects.get(pk=coded.document_id)
    assert (document.title, document.text, document.metadata) == ("", "", {})
    assert document.deleted_at is not None
    assert names(documents.search(workspace.documents.all(), f'"{coded.document.title}"')) == []
    place = ProjectDocument.objects.get(pk=coded.pk)
    assert (place.removed, place.decision, place.current_id) == (True, None, None)
    assert Completion.objects.filter(item=place).count() == 1
    assert Job.objects.filter(project=project, kind=Job.Kind.POPULATE, state=Job.State.QUEUED).count() == 1
    event = AuditEvent.objects.get(verb="document.delete")
    assert (event.actor, event.detail) == (cast.mona, {"documents": 1, "control_numbers": [document.control_number]})


def test_the_counters_stay_exact_over_all_projects(project: Project, cast: Cast) -> None:
    """U-17"""
    second = projects.create(project.workspace, cast.mona, name="Second", control_share=0.0)
    perform_jobs()
    code(project, cast.rita, 12)
    code(second, cast.rolf, 3)
    item = queue.next_document(fresh(project), cast.rolf)
    assert item is not None and item.lease_token is not None
    coding.submit(fresh(project), cast.rolf, item.lease_token, coding.Answer(skip_reason="Unreadable"))
    doomed = project.workspace.documents.filter(pk__in=project.items.order_by("?").values("document")[:30])
    gone = list(doomed.values_list("pk", flat=True))
    documents.delete(project.workspace, Document.objects.filter(pk__in=gone), cast.mona)
    for each in (project, second):
        assert counters(each) == counted(each)
        assert counters(each)["documents"] == 30
    assert documents.delete(project.workspace, Document.objects.filter(pk__in=gone), cast.mona) == 0
    assert counters(project) == counted(project)


def test_a_document_deleted_in_a_reviewers_hands_cannot_be_submitted(project: Project, cast: Cast) -> None:
    """U-17"""
    item = queue.next_document(project, cast.rita)
    assert item is not None and item.lease_token is not None
    documents.delete(project.workspace, Document.objects.filter(pk=item.document_id), cast.mona)
    with pytest.raises(Conflict):
        coding.submit(fresh(project), cast.rita, item.lease_token, coding.Answer(choice="Relevant"))
    upcoming = queue.next_document(fresh(project), cast.rita)
    assert upcoming is not None
    assert upcoming.document_id != item.document_id


def test_the_number_of_a_deleted_document_is_not_used_again(workspace: Workspace, cast: Cast, tmp_path: Path) -> None:
    """Part 3 row 24"""
    documents.delete(workspace, write(workspace, A="a"), cast.mona)
    path = tmp_path / "x.csv"
    path.write_text("id,text\nA,new\n", encoding="utf-8")
    with pytest.raises(CommandError, match="Nothing was loaded"):
        call_command("import_documents", path, workspace="Halden")
    reason = "“A” belonged to a document that was deleted. Its number is not used again."
    assert Job.objects.get(kind=Job.Kind.IMPORT).row_problems.get().reason == reason


def test_the_history_tells_every_completion_newest_first(
    project: Project, cast: Cast, django_assert_num_queries: object
) -> None:
    item = queue.next_document(project, cast.rita)
    assert item is not None and item.lease_token is not None
    first = coding.submit(project, cast.rita, item.lease_token, coding.Answer(choice="Relevant")).completion
    place = ProjectDocument.objects.get(pk=item.pk)
    second = coding.recode(project, place, cast.mona, coding.Answer(choice="Not relevant"), place.revision)
    document = Document.objects.get(pk=item.document_id)
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = documents.history(document, cast.rita)
        told = [(str(each.reviewer), each.project.name, each.choice, each.served_reason) for each in found]
    assert [each.pk for each in found] == [second.pk, first.pk]
    assert told == [("mona", "Valves", "Not relevant", "chosen"), ("rita", "Valves", "Relevant", first.served_reason)]


def test_deleted_documents_do_not_come_back_with_a_population(project: Project, cast: Cast) -> None:
    """U-17: gone from future training and from ranks."""
    workspace = project.workspace
    code(project, cast.rita, 20)
    perform_jobs()
    gone = list(workspace.documents.order_by("id").values_list("pk", flat=True)[:10])
    documents.delete(workspace, Document.objects.filter(pk__in=gone), cast.mona)
    perform_jobs()
    write_documents(workspace, 5)
    projects.adopt(workspace)
    assert counters(project) == counted(project)
    served = set()
    while item := queue.next_document(fresh(project), cast.rita):
        assert item.lease_token is not None
        served.add(item.document_id)
        coding.submit(fresh(project), cast.rita, item.lease_token, coding.Answer(choice="Not relevant"))
        if len(served) == 40:
            break
    assert served and not served & set(gone)
