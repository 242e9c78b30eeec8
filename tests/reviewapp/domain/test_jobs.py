"""Jobs are claimed once, finished by one holder, and never lost."""

import time
from datetime import timedelta
from threading import Thread

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg2.errors import DiskFull

from reviewapp import access
from reviewapp.beat import TASKS, Beat
from reviewapp.celery import app
from reviewapp.domain import jobs
from reviewapp.errors import Conflict, Damaged, Invalid, NotFound
from reviewapp.models import Heartbeat, Job, Project, User, Workspace
from tests.cast import Cast
from tests.threads import at_once


def asked(workspace: Workspace, kind: Job.Kind = Job.Kind.IMPORT, project: Project | None = None) -> Job:
    return jobs.request(kind, workspace, project=project)


def died(job: Job) -> None:
    """The worker that held it is gone."""
    Job.objects.filter(pk=job.pk).update(heartbeat=timezone.now() - jobs.STALE - timedelta(seconds=1))


def state(job: Job) -> str:
    return Job.objects.get(pk=job.pk).state


def test_a_job_runs_and_keeps_its_result(workspace: Workspace) -> None:
    job = asked(workspace)

    def work(run: jobs.Run) -> None:
        run.report("Half way", 5, 10)
        run.finish(loaded=5)

    jobs.perform(job.pk, work)
    job.refresh_from_db()
    assert (job.state, job.result, job.progress, job.total) == (Job.State.DONE, {"loaded": 5}, 5, 10)


def test_a_refusal_ends_a_job_with_its_reason(workspace: Workspace) -> None:
    """J-09: a failed job shows its reason."""
    job = asked(workspace)

    def work(run: jobs.Run) -> None:
        raise Invalid("The file has no column “text”.")

    jobs.perform(job.pk, work)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "The file has no column “text”.")


def test_a_fault_ends_a_job_and_is_not_swallowed(workspace: Workspace) -> None:
    job = asked(workspace)
    with pytest.raises(ZeroDivisionError):
        jobs.perform(job.pk, lambda run: run.report(str(1 // 0)))
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "ZeroDivisionError" in job.error


def test_a_lost_database_leaves_the_job_to_another_worker(workspace: Workspace) -> None:
    job = asked(workspace)

    def work(run: jobs.Run) -> None:
        raise OperationalError("the server closed the connection")

    with pytest.raises(OperationalError):
        jobs.perform(job.pk, work)
    assert state(job) == Job.State.RUNNING
    died(job)
    jobs.perform(job.pk, lambda run: run.finish())
    assert state(job) == Job.State.DONE


def test_an_ended_job_is_not_run_again(workspace: Workspace) -> None:
    job = asked(workspace)
    jobs.perform(job.pk, lambda run: run.finish(times=1))
    jobs.perform(job.pk, lambda run: run.finish(times=2))
    job.refresh_from_db()
    assert job.result == {"times": 1}


def test_a_worker_that_lost_the_job_publishes_nothing(workspace: Workspace) -> None:
    """TRUST 2.3: the token is the fence; a zombie's whole transaction goes."""
    job = asked(workspace)
    zombie = jobs.claim(job.pk)
    died(job)
    heir = jobs.claim(job.pk)
    assert zombie is not None
    assert heir is not None
    with pytest.raises(jobs.Fenced), transaction.atomic():
        Heartbeat.objects.create(name="written by the zombie", at=timezone.now())
        zombie.finish()
    assert not Heartbeat.objects.exists()
    with pytest.raises(jobs.Fenced):
        zombie.report("Still here")
    heir.finish()
    assert state(job) == Job.State.DONE


def test_a_job_that_kills_its_worker_is_given_up(workspace: Workspace) -> None:
    """T-19: after five tries the job ends as failed, with a reason."""
    job = asked(workspace)
    for _ in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(job.pk) is not None
        died(job)
    assert jobs.claim(job.pk) is None
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "5 times" in job.error


def test_a_live_worker_keeps_its_job(workspace: Workspace) -> None:
    job = asked(workspace)
    assert jobs.claim(job.pk) is not None
    assert jobs.claim(job.pk) is None


def test_one_training_runs_at_a_time_and_the_newest_speaks_for_the_others(project: Project) -> None:
    """D4: one training of a project at a time; J-46: the waiting ones coalesce."""
    waiting = [asked(project.workspace, Job.Kind.TRAIN, project) for _ in range(3)]
    run = jobs.claim(waiting[0].pk)
    assert run is not None
    assert run.job == waiting[2]
    assert [state(job) for job in waiting] == [Job.State.SUPERSEDED, Job.State.SUPERSEDED, Job.State.RUNNING]
    later = asked(project.workspace, Job.Kind.TRAIN, project)
    assert jobs.claim(later.pk) is None
    assert state(later) == Job.State.QUEUED
    run.finish()
    assert jobs.claim(later.pk) is not None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_claims_the_job(workspace: Workspace) -> None:
    job = asked(workspace)
    claims = at_once(8, lambda _: jobs.claim(job.pk))
    assert sum(isinstance(claim, jobs.Run) for claim in claims) == 1
    assert sum(claim is None for claim in claims) == 7


@pytest.mark.django_db(transaction=True)
def test_a_long_step_does_not_look_dead(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BEAT_SECONDS", 0.05)
    job = asked(workspace)

    def work(run: jobs.Run) -> None:
        died(job)
        for _ in range(100):
            if (job.pk, job.kind) not in jobs.waiting():
                return run.finish(alive=True)
            time.sleep(0.05)
        return run.finish(alive=False)

    jobs.perform(job.pk, work)
    job.refresh_from_db()
    assert job.result == {"alive": True}


def test_a_waiting_job_is_cancelled_at_once_a_running_one_at_its_next_step(workspace: Workspace, cast: Cast) -> None:
    waiting, running = asked(workspace), asked(workspace)
    jobs.cancel(waiting, cast.mona)
    assert state(waiting) == Job.State.CANCELLED

    def work(run: jobs.Run) -> None:
        jobs.cancel(running, cast.mona)
        run.report("Next step")
        raise AssertionError("went on after being cancelled")

    jobs.perform(running.pk, work)
    assert state(running) == Job.State.CANCELLED
    with pytest.raises(Conflict, match="ended already"):
        jobs.cancel(running, cast.mona)


def test_a_failed_job_can_be_retried_and_a_done_one_not(workspace: Workspace, cast: Cast) -> None:
    job = asked(workspace)
    run = jobs.claim(job.pk)
    assert run is not None
    run.fail("The disk was full.")
    jobs.retry(job, cast.mona)
    assert (job.pk, job.kind) in jobs.waiting()
    jobs.perform(job.pk, lambda run: run.finish())
    with pytest.raises(Conflict, match="Only a failed or cancelled job"):
        jobs.retry(job, cast.mona)


def test_beat_rings_for_every_waiting_job_and_shows_it_lives(workspace: Workspace) -> None:
    job = asked(workspace)
    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue("work")
        queue.clear()
        Beat().tick()
        message = queue.get(block=True, timeout=5)
        message.ack()
    assert message.payload[0] == [job.pk]
    assert Heartbeat.objects.filter(name="beat").exists()


def test_every_kind_of_job_has_a_task_to_ring_for() -> None:
    app.loader.import_default_modules()
    assert set(TASKS) == set(Job.Kind)
    assert set(TASKS.values()) <= set(app.tasks)


def test_nothing_is_asked_for_when_the_reason_is_rolled_back(workspace: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        asked(workspace)
        raise ZeroDivisionError
    assert not Job.objects.exists()


def test_what_a_job_is_entrusted_with_is_sealed_for_it_alone_and_forgotten_when_it_is_done(
    workspace: Workspace,
) -> None:
    """T-18: the row holds nothing that could be read without the instance key."""
    key = b"the key of an archive, 32 bytes."
    job, other = (jobs.request(Job.Kind.ARCHIVE, workspace, secret=key) for _ in range(2))
    assert key not in bytes(job.secret or b"")
    run = jobs.claim(job.pk)
    assert run is not None
    assert run.secret() == key
    Job.objects.filter(pk=other.pk).update(secret=job.secret)
    stolen = jobs.claim(other.pk)
    assert stolen is not None
    with pytest.raises(Damaged):
        stolen.secret()
    run.finish()
    assert Job.objects.get(pk=job.pk).secret is None


def test_the_secret_of_a_failed_job_waits_a_day_for_a_retry(workspace: Workspace) -> None:
    job = jobs.request(Job.Kind.ARCHIVE, workspace, secret=b"key")
    run = jobs.claim(job.pk)
    assert run is not None
    run.fail("The disk is full.")
    assert jobs.forget_secrets() == 0
    Job.objects.filter(pk=job.pk).update(finished_at=timezone.now() - jobs.KEEP_SECRETS - timedelta(seconds=1))
    assert jobs.forget_secrets() == 1
    jobs.retry(Job.objects.get(pk=job.pk), User.objects.create(username="operator"))
    again = jobs.claim(job.pk)
    assert again is not None
    with pytest.raises(Conflict, match="Ask for it again"):
        again.secret()


def test_progress_told_inside_a_transaction_is_seen_outside_and_a_stop_is_heard(
    workspace: Workspace, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BEAT_SECONDS", 0.02)
    job = asked(workspace)
    seen: list[str] = []

    def look() -> None:
        while Job.objects.get(pk=job.pk).step != "Copying":
            time.sleep(0.01)
        seen.append(Job.objects.get(pk=job.pk).state)
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)
        connection.close()

    def work(run: jobs.Run) -> None:
        watcher = Thread(target=look)
        watcher.start()
        with transaction.atomic():
            for done in range(10_000):
                run.tell("Copying", done, 10_000)
                time.sleep(0.01)
        raise AssertionError("nobody stopped it")

    jobs.perform(job.pk, work)
    assert (seen, state(job)) == ([Job.State.RUNNING], Job.State.CANCELLED)


def test_a_job_of_no_workspace_is_seen_by_who_asked_for_it_and_by_operators(workspace: Workspace, cast: Cast) -> None:
    job = jobs.request(Job.Kind.RESTORE, None, by=cast.mona)
    assert access.get(cast.mona, Job, job.pk, may="manage") == access.get(cast.olga, Job, job.pk) == job
    for other in (cast.alice, cast.stan):
        with pytest.raises(NotFound):
            access.get(other, Job, job.pk)
    assert list(access.visible(cast.mona, Job)) == [job]
    orphan = jobs.request(Job.Kind.RESTORE, None)
    with pytest.raises(NotFound):
        access.get(cast.mona, Job, orphan.pk)


def test_what_the_database_has_no_room_for_waits_and_what_a_person_asked_for_is_refused(project: Project) -> None:
    """T-9: a full disk is no fault of the job's: it is neither tried five times nor blamed on the worker."""

    def work(run: jobs.Run) -> None:
        raise OperationalError("could not extend file") from DiskFull()

    training = asked(project.workspace, Job.Kind.TRAIN, project)
    loading = asked(project.workspace, Job.Kind.IMPORT)
    for job in (training, loading):
        jobs.perform(job.pk, work)
        job.refresh_from_db()
    assert (training.state, training.attempts, loading.state) == (Job.State.QUEUED, 0, Job.State.FAILED)
    assert training.step.startswith("Waits for room on the disk.")
    assert "full or read-only" in loading.error
    assert jobs.claim(training.pk) is None
    Job.objects.filter(pk=training.pk).update(not_before=timezone.now())
    jobs.perform(training.pk, lambda run: run.finish())
    assert state(training) == Job.State.DONE
