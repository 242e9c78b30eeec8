"""Rolling back: the decisions behind a pinned version count again, and train the version that ranks from now on."""

from django.conf import settings
from django.db import transaction

from models_lib import rollbacks, versions
from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, controls, indexes, jobs, webhooks
from reviewapp.errors import Conflict
from reviewapp.models import Event
from training import datasets, retraining


def roll_back(run: jobs.Run) -> None:
    """Go back as :mod:`models_lib.rollbacks` says; all of it is committed in one transaction, or none.

    Where documents, settings and linked model are those of the chosen version, the new one has its bytes.
    """
    project = run.project
    rollback = rollbacks.prepared(project, run.job)
    indexes.require_ours(project.index)
    run.report("Reading decisions")
    material = retraining.gather(project, datasets.read(project, rollback))
    if not material.pool.positives or not material.pool.negatives:
        raise Conflict(
            f"The decisions behind version {rollback.to.number} cannot train a model any more: their documents are "
            "gone, or the linked model is. Nothing was changed."
        )
    trained, ranked = retraining.fit(run, project, material, ModelVersion.Source.ROLLBACK)
    with transaction.atomic():
        controls.meet(project)  # by the order that ends here
        rollback.save(update_fields=["firsts", "lasts", "until"])
        moved = rollbacks.perform(project, rollback)
        assert project.index is not None
        snapshot = Artifacts(settings.ARTIFACTS_DIR).write(retraining.orders(project, ranked))
        version = versions.publish(project, project.index, run.job, trained, snapshot)
        rollbacks.finish(rollback, version)
        by, workspace, number = run.job.requested_by, project.workspace, version.number
        audit.record(by, "version.publish", version, workspace, number=number)
        audit.record(by, "rollback.done", project, workspace, number=rollback.to.number, made=number, **moved)
        webhooks.tell(Event.VERSION_READY, workspace, project=project.pk, kind=version.kind, version=number)
        run.finish(outcome="rolled back", version=number, to=rollback.to.number, documents=moved["documents"])
    retraining.forget_old_snapshots(project)
