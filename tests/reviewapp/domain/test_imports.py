"""Imports load every good row exactly once, say what was wrong with the others, and overwrite nothing."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from reviewapp.domain import arrivals, imports, jobs, projects, uploads
from reviewapp.domain.imports import Mapping, suggest
from reviewapp.errors import Invalid, NotFound, OutOfSpace, TooLarge
from reviewapp.models import AuditEvent, Document, Job, ProjectDocument, RowProblem, User, Workspace
from reviewapp.tasks import import_documents
from tests.cast import Cast

ID_TEXT = Mapping(text="text", control_number="id")
Load = Callable[..., Job]


@pytest.fixture
def ask(workspace: Workspace, cast: Cast) -> Load:
    """Upload the content and ask for its import."""

    def asked(content: bytes, filename: str = "x.csv", mapping: Mapping = ID_TEXT, tags: tuple[str, ...] = ()) -> Job:
        upload = imports.stash(ContentFile(content), filename, workspace, cast.mona)
        return imports.request(workspace, cast.mona, upload, mapping, tags)

    return asked


@pytest.fixture
def load(ask: Load) -> Load:
    """Upload the content, import it, and give the finished job."""

    def loaded(*args: object, **options: object) -> Job:
        return perform(ask(*args, **options))

    return loaded


def perform(job: Job) -> Job:
    import_documents(job.pk)
    job.refresh_from_db()
    return job


def texts(workspace: Workspace) -> dict[str, str]:
    return dict(workspace.documents.values_list("control_number", "text"))


def problems(job: Job) -> list[tuple[int, str, bool, str]]:
    return list(job.row_problems.values_list("line", "control_number", "refused", "reason"))


def rows(first: int, last: int) -> bytes:
    return b"id,text\n" + b"".join(b"%d,text of %d\n" % (number, number) for number in range(first, last + 1))


def test_good_rows_load_and_bad_ones_are_listed_with_line_and_reason(workspace: Workspace, load: Load) -> None:
    """U-15"""
    job = load(b'id,text\nA,one\nB\nC,\n,four\nD,"f\nive"\nE,\xff\nF,seven\n')
    assert texts(workspace) == {"A": "one", "D": "f\nive", "F": "seven"}
    assert problems(job) == [
        (3, "", True, "Has 1 columns where the header names 2."),
        (4, "C", True, "The text is empty."),
        (5, "", True, "The control number is empty."),
        (8, "", True, "Column “text” is not UTF-8: byte 0xFF at position 1."),
    ]
    assert job.state == Job.State.DONE
    assert (job.result["loaded"], job.result["refused"], job.result["changed"]) == (3, 4, 0)


def test_a_row_becomes_a_document_with_all_its_parts(workspace: Workspace, load: Load) -> None:
    mapping = Mapping("body", control_number="no", title="subject", tags="marks", metadata=("from", "empty"))
    load(
        "no,subject,body,marks,from,empty,left out\n A 1 , Hi ,t\\e\\\\\tx\\.,b;c;b,“Æ” \\N,,x\n".encode(),
        mapping=mapping,
        tags=("box",),
    )
    document = workspace.documents.get()
    assert (document.control_number, document.title, document.text) == ("A 1", "Hi", "t\\e\\\\\tx\\.")
    assert document.metadata == {"from": "“Æ” \\N"}
    assert document.tags == ["box", "b", "c"]


def test_odd_tags_arrive_as_they_are(workspace: Workspace, load: Load) -> None:
    line = json.dumps({"text": "a", "tags": ['say "x"', "back\\slash", "a,b", "{}", "NULL", ""]})
    load(line.encode(), "x.jsonl", Mapping("text", tags="tags"))
    assert workspace.documents.get().tags == ['say "x"', "back\\slash", "a,b", "{}", "NULL"]


def test_a_number_that_exists_is_refused_by_name_and_nothing_is_overwritten(workspace: Workspace, load: Load) -> None:
    """2.2.7, part 3 row 24"""
    load(b"id,text\nA,old\n")
    job = load(b"id,text\nA,new\nB,b\nB,other b\n")
    assert texts(workspace) == {"A": "old", "B": "b"}
    assert problems(job) == [
        (2, "A", True, "“A” is in this workspace already. The document there was kept as it is."),
        (4, "B", True, "“B” is on line 3 already. The first one was kept."),
    ]


def test_the_first_of_two_equal_numbers_wins_also_when_they_are_far_apart(
    workspace: Workspace, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK_ROWS", 2)
    job = load(b"id,text\nA,first\nB,b\nC,c\nA,second\n")
    assert texts(workspace) == {"A": "first", "B": "b", "C": "c"}
    assert problems(job) == [(5, "A", True, "“A” is on an earlier line of this file already. The first one was kept.")]


def test_another_workspace_may_use_the_same_numbers(workspace: Workspace, load: Load) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    Document.objects.create(workspace=elsewhere, control_number="A", text="theirs")
    assert load(b"id,text\nA,ours\n").result["loaded"] == 1
    assert texts(elsewhere) == {"A": "theirs"}


def test_numbers_are_made_behind_the_highest(workspace: Workspace, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK_ROWS", 2)
    Document.objects.create(workspace=workspace, control_number="DOC-0000041", text="a")
    load(b"text\nb\nc\nd\n", mapping=Mapping("text"))
    load(b'{"text": "e"}', "x.jsonl", Mapping("text"))
    names = ["DOC-0000041", "DOC-0000042", "DOC-0000043", "DOC-0000044", "DOC-0000045"]
    assert texts(workspace) == dict(zip(names, "abcde", strict=True))


def test_nul_is_replaced_and_said(workspace: Workspace, load: Load) -> None:
    job = load(b'{"id": "A", "text": "a\\u0000b\\u0000"}\n{"id": "B\\u0000", "text": "b"}', "x.jsonl")
    assert texts(workspace) == {"A": "a\ufffdb\ufffd"}
    assert problems(job) == [
        (1, "A", False, "“text”: 2 NUL characters were replaced by U+FFFD."),
        (2, "B\ufffd", True, "The control number holds a line break or another character that cannot be shown."),
    ]
    assert (job.result["loaded"], job.result["refused"], job.result["changed"]) == (1, 1, 1)


def test_limits_are_kept_and_said(workspace: Workspace, load: Load, settings: Settings) -> None:
    settings.DOCUMENT_TEXT_LIMIT = 20_000
    long = [
        {"id": "x" * 8_000, "text": "t"},
        {"id": "A", "text": "x" * 20_001},
        {"id": "B", "text": "x" * 20_000, "title": "t" * 10_001, "note": "n" * 10_001},
        {"id": "C", "text": "t", "tags": ["g" * 101]},
        {"id": "D", "text": "t", "tags": [str(number) for number in range(101)]},
    ]
    content = "\n".join(map(json.dumps, long)).encode()
    job = load(content, "x.jsonl", Mapping("text", "id", "title", "tags", ("note",)))
    assert problems(job) == [
        (1, "x" * 254 + "…", True, "The control number has 8,000 characters; 255 are possible."),
        (2, "A", True, "The text has 20,001 characters; at most 20,000 are possible."),
        (3, "B", False, "The title was cut from 10,001 to 10,000 characters."),
        (3, "B", False, "“note” was cut from 10,001 to 10,000 characters."),
        (4, "C", True, "A tag has more than 100 characters."),
        (5, "D", True, "101 tags; a document can have 100."),
    ]
    assert job.result["changed"] == 1
    document = workspace.documents.get()
    assert (len(document.text), len(document.title), len(document.metadata["note"])) == (20_000, 10_000, 10_000)


def test_a_title_stands_in_for_an_empty_text(workspace: Workspace, load: Load) -> None:
    """2.1.4: text size above 0. Reference lists are full of titles without abstracts, which must be screened too."""
    job = load(b"id,title,text\nA,On valves, \nB,,\n", mapping=Mapping("text", "id", "title"))
    assert texts(workspace) == {"A": "On valves"}
    assert problems(job) == [
        (2, "A", False, "The text is empty; the title stands in for it."),
        (3, "B", True, "The text is empty."),
    ]


def test_a_key_that_appears_late_is_said_once(
    workspace: Workspace, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewapp.tabular.PEEKED_LINES", 1)
    job = load(b'{"text": "a"}\n{"text": "b", "late": 1}\n{"text": "c", "late": 2}', "x.jsonl", Mapping("text"))
    assert len(texts(workspace)) == 3
    reason = "The key “late” first occurs here, after the columns were chosen; it is not loaded."
    assert problems(job) == [(2, "", False, reason)]


@pytest.mark.parametrize(
    ("content", "filename", "reason"),
    [
        (b"id,text\n", "x.csv", "The file has no rows."),
        (
            gzip.compress(b"id,text\nA,a\n" + b"x" * 50_000_000, mtime=0),
            "x.csv.gz",
            "unpacks to more than 100 times its size",
        ),
        (
            gzip.compress(rows(1, 9_000), compresslevel=1, mtime=0)[:-9],
            "x.csv.gz",
            "The gzipped file is damaged or cut off",
        ),
    ],
)
def test_what_spoils_the_file_fails_the_job_and_loads_nothing(
    workspace: Workspace, load: Load, content: bytes, filename: str, reason: str
) -> None:
    job = load(content, filename)
    assert job.state == Job.State.FAILED
    assert reason in job.error
    assert not workspace.documents.exists()
    assert uploads.open_for(job).path.exists()


def test_unreadable_files_and_wrong_columns_are_refused_before_any_job(ask: Load) -> None:
    for content in (b"", "id,text\nA,a\n".encode("utf-16")):
        with pytest.raises(Invalid):
            ask(content)
    with pytest.raises(Invalid) as refusal:
        ask(rows(1, 1), mapping=Mapping("body", control_number="no", metadata=("x",)))
    assert set(refusal.value.fields) == {"text", "control_number", "metadata"}
    assert "The columns are: id, text." in refusal.value.message
    with pytest.raises(Invalid):
        ask(rows(1, 1), mapping=Mapping(""))
    with pytest.raises(Invalid):
        ask(rows(1, 1), tags=("t" * 101,))
    assert not Job.objects.exists()


def test_new_documents_join_the_projects_in_the_order_of_the_file(
    workspace: Workspace, cast: Cast, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = projects.create(workspace, cast.mona, name="P")
    Job.objects.filter(kind=Job.Kind.POPULATE).delete()
    load(b"id,text\nB,b\nA,a\nC,c\n")
    names = ProjectDocument.objects.filter(project=project).values_list("document__control_number", flat=True)
    assert list(names.order_by("ordinal")) == ["B", "A", "C"]
    project.refresh_from_db()
    assert project.documents == 3
    assert Job.objects.filter(project=project, kind=Job.Kind.POPULATE, state=Job.State.QUEUED).count() == 1


def test_request_and_end_are_audited_without_text(workspace: Workspace, load: Load) -> None:
    job = load(b"id,text\nA,secret words\n")
    events = AuditEvent.objects.filter(target=f"job:{job.pk}").order_by("id")
    assert [event.verb for event in events] == ["import.request", "import.done"]
    assert "secret" not in json.dumps([event.detail for event in events])


def test_problems_beyond_the_list_are_counted(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "LISTED_PROBLEMS", 3)
    monkeypatch.setattr(imports, "CHUNK_ROWS", 2)
    job = load(b"id,text\nA,a\n" + b"ragged\n" * 5)
    assert job.row_problems.count() == 3
    assert (job.result["refused"], job.result["problems_not_listed"]) == (5, 2)


def test_the_upload_is_removed_when_it_is_loaded(load: Load) -> None:
    job = load(rows(1, 3))
    with pytest.raises(NotFound):
        uploads.open_for(job)
    import_documents(job.pk)  # a late doorbell
    job.refresh_from_db()
    assert job.result["loaded"] == 3


class Killed(BaseException):
    """The worker is gone, without a chance to say so."""


class _Dying(jobs.Run):
    """A hold on a job whose worker is killed at its n-th report."""

    reports_left = 0

    def report(self, step: str, progress: int = 0, total: int = 0) -> None:
        super().report(step, progress, total)
        self.reports_left -= 1
        if self.reports_left == 0:
            raise Killed


def die_at(job: Job, report: int) -> None:
    held = jobs.claim(job.pk)
    assert held is not None
    dying = _Dying(held.job, held.token)
    dying.reports_left = report
    with pytest.raises(Killed):
        imports.run(dying)
    Job.objects.filter(pk=job.pk).update(heartbeat=timezone.now() - jobs.STALE - timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mapping", [ID_TEXT, Mapping("text")])
def test_an_import_that_is_killed_between_chunks_ends_with_exact_rows(
    workspace: Workspace, ask: Load, monkeypatch: pytest.MonkeyPatch, mapping: Mapping
) -> None:
    monkeypatch.setattr(imports, "CHUNK_ROWS", 10)
    content = rows(1, 35) + b"ragged\n" + rows(36, 60).removeprefix(b"id,text\n") + b"7,again\n"
    job = ask(content, mapping=mapping)
    die_at(job, 2)
    assert workspace.documents.count() == 20
    die_at(job, 4)
    perform(job)
    assert job.state == Job.State.DONE
    again = ["again"] if mapping.control_number is None else []
    found = list(workspace.documents.order_by("id").values_list("text", flat=True))
    assert found == [f"text of {number}" for number in range(1, 61)] + again
    assert job.result["loaded"] == len(found)
    expected = [(37, "Has 1 columns where the header names 2.")]
    if not again:
        expected.append((63, "“7” is on an earlier line of this file already. The first one was kept."))
    assert [(line, reason) for line, _, _, reason in problems(job)] == expected
    assert job.result["refused"] == len(expected)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_the_job_writes_nothing_more(
    workspace: Workspace, ask: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK_ROWS", 10)
    job = ask(rows(1, 40))
    slow = jobs.claim(job.pk)
    assert slow is not None
    Job.objects.filter(pk=job.pk).update(heartbeat=timezone.now() - jobs.STALE - timedelta(seconds=1))
    perform(job)
    assert job.result["loaded"] == 40
    before = dict(job.result)
    late = imports.stash(ContentFile(rows(41, 60)), "x.csv", workspace, User.objects.get(username="mona"))
    slow.job.parameters["upload"] = late
    with pytest.raises(jobs.Fenced):
        imports.run(slow)
    job.refresh_from_db()
    assert workspace.documents.count() == 40
    assert job.result == before
    assert RowProblem.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_import_keeps_what_is_in_and_goes_on_when_retried(
    workspace: Workspace, cast: Cast, ask: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK_ROWS", 10)
    project = projects.create(workspace, cast.mona, name="P")
    job = ask(rows(1, 25))
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    perform(job)
    project.refresh_from_db()
    assert (job.state, workspace.documents.count(), project.documents) == (Job.State.CANCELLED, 10, 10)
    jobs.retry(job, cast.mona)
    perform(job)
    project.refresh_from_db()
    assert (job.state, workspace.documents.count(), project.documents) == (Job.State.DONE, 25, 25)


@pytest.mark.django_db(transaction=True)
def test_a_large_import_joins_the_projects_in_portions(
    workspace: Workspace, cast: Cast, ask: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK_ROWS", 10)
    monkeypatch.setattr(imports, "ADOPT_EVERY", 20)
    project = projects.create(workspace, cast.mona, name="P")
    job = ask(rows(1, 50))
    die_at(job, 3)
    project.refresh_from_db()
    assert project.documents == 20
    perform(job)
    project.refresh_from_db()
    assert project.documents == 50


def test_the_disk_floor_stops_an_import_which_can_be_retried(
    workspace: Workspace, cast: Cast, ask: Load, settings: Settings
) -> None:
    job = ask(rows(1, 3))
    settings.FREE_SPACE_FLOOR = 1 << 60
    perform(job)
    assert job.state == Job.State.FAILED
    assert "free disk" in job.error
    with pytest.raises(OutOfSpace):
        imports.stash(ContentFile(b"x"), "x.csv", workspace, cast.mona)
    settings.FREE_SPACE_FLOOR = 0
    jobs.retry(job, cast.mona)
    assert perform(job).result["loaded"] == 3


def test_an_upload_belongs_to_its_person_and_workspace(workspace: Workspace, cast: Cast) -> None:
    upload = imports.stash(ContentFile(rows(1, 1)), "../../x.csv", workspace, cast.mona)
    assert uploads.find(upload, workspace, cast.mona).filename == "x.csv"
    assert uploads.find(upload, workspace, cast.mona).path.stat().st_mode & 0o077 == 0
    elsewhere = Workspace.objects.get(name="Elsewhere")
    for place, person in ((workspace, cast.alice), (elsewhere, cast.mona)):
        with pytest.raises(NotFound):
            uploads.find(upload, place, person)
        with pytest.raises(NotFound):
            imports.discard(upload, place, person)
        with pytest.raises(NotFound):
            imports.request(place, person, upload, ID_TEXT)
    imports.discard(upload, workspace, cast.mona)
    with pytest.raises(NotFound):
        uploads.find(upload, workspace, cast.mona)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "x" * 48, "A" * 48, f"{'a' * 48}\n", "a" * 48])
def test_an_invented_upload_is_not_found(workspace: Workspace, cast: Cast, name: str) -> None:
    with pytest.raises(NotFound):
        uploads.find(name, workspace, cast.mona)


def test_an_upload_beyond_the_limit_leaves_nothing_behind(
    workspace: Workspace, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.UPLOAD_LIMIT = 10
    with pytest.raises(TooLarge):
        imports.stash(ContentFile(b"x" * 11), "x.csv", workspace, cast.mona)
    assert list(settings.UPLOADS_DIR.iterdir()) == []


def test_forgotten_uploads_go_after_a_week_but_not_those_that_wait(
    workspace: Workspace,
    cast: Cast,
    ask: Load,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    waiting = uploads.open_for(ask(rows(1, 1)))
    imports.stash(ContentFile(b"x"), "x.csv", workspace, cast.mona)
    assert uploads.forget_old() == 0
    monkeypatch.setattr(uploads, "KEEP", timedelta(seconds=-1))
    assert uploads.forget_old() == 1
    assert sorted(path.name for path in settings.UPLOADS_DIR.iterdir()) == [waiting.id, f"{waiting.id}.json"]


def test_a_preview_shows_columns_rows_mapping_and_first_problems(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(
        b"Doc ID,Subject,Body,Custodian\n1,Hi,%s,me\nragged\n3,Hi,,me\n" % (b"x" * 300) + b"4,a,b,c\n" * 50
    )
    preview = imports.preview(path, "x.csv", rows=5)
    assert preview.columns == ("Doc ID", "Subject", "Body", "Custodian")
    assert preview.mapping == Mapping("Body", "Doc ID", "Subject", None, ("Custodian",))
    assert preview.rows[0] == {"Doc ID": "1", "Subject": "Hi", "Body": "x" * 200, "Custodian": "me"}
    assert len(preview.rows) == 4
    assert [(problem.line, problem.refused) for problem in preview.problems] == [(3, True), (4, False)]


@pytest.mark.parametrize(
    ("columns", "mapping"),
    [
        (("id", "title", "abstract", "label"), Mapping("abstract", "id", "title", None, ("label",))),
        (("Control Number", "Extracted Text"), Mapping("Extracted Text", "Control Number")),
        (("BEG_BATES", "id", "text", "Keywords"), Mapping("text", "BEG_BATES", None, "Keywords", ("id",))),
        (("text", "abstract"), Mapping("text", metadata=("abstract",))),
        (("a", "b"), Mapping("", metadata=("a", "b"))),
        ((), Mapping("")),
    ],
)
def test_common_names_of_columns_are_guessed(columns: tuple[str, ...], mapping: Mapping) -> None:
    assert suggest(columns) == mapping


def test_the_longest_column_is_the_text_when_no_name_tells() -> None:
    assert suggest(("a", "b"), [{"a": "x", "b": "long"}]) == Mapping("b", metadata=("a",))


def test_the_statements_of_an_import_do_not_grow_with_its_rows(ask: Load) -> None:
    counts = []
    for first in (1, 1001):
        job = ask(rows(first, first + first))
        with CaptureQueriesContext(connection) as statements:
            perform(job)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_import_survives_a_text_of_the_limit(workspace: Workspace, load: Load, settings: Settings) -> None:
    settings.DOCUMENT_TEXT_LIMIT = 3_000_000
    words = " ".join(f"w{number:x}" for number in range(400_000))[:3_000_000]
    job = load(f'id,text\nA,"{words}"\n'.encode())
    assert (job.result["loaded"], workspace.documents.get().text) == (1, words)
