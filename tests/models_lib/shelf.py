"""Models without a project behind them: quick to make, as real as an export's; and workspaces to share them to."""

import uuid
from typing import Any

import numpy as np
from django.utils import timezone

from models_lib import library, payload, sealing
from models_lib.models import TrainedModel
from reviewapp.domain import people
from reviewapp.models import Job, User, Workspace
from tests.cast import Cast
from training.tokenizing import tokenizer


def ready_model(workspace: Workspace, by: User, name: str = "Valve knowledge", **fields: Any) -> TrainedModel:
    """A model of six relevant and six irrelevant documents, sealed in the vault; its training follows its name."""
    texts = [f"{'valve' if number % 2 else 'lunch'} {name} {number}" for number in range(12)]
    rows = payload.digest(tokenizer().count([""] * 12, texts), np.arange(12) % 2 == 1)
    plain, guid = payload.to_bytes(rows), uuid.uuid4()
    sealed = sealing.seal(plain, guid)
    made = {
        "guid": guid,
        "origin": TrainedModel.Origin.EXPORTED,
        "sealed_at": timezone.now(),
        "file": library.vault().keep(sealed.body),
        "payload": sealing.fingerprint(plain),
        "key_id": sealed.key_id,
        "wrapped_key": sealed.wrapped_key,
        "size": len(sealed.body),
        "positives": rows.positives,
        "negatives": rows.negatives,
        "vocabulary": rows.vocabulary,
    }
    return TrainedModel.objects.create(workspace=workspace, name=name, created_by=by, modified_by=by, **made | fields)


def waiting_model(model: TrainedModel) -> TrainedModel:
    """A model whose export no worker has taken yet."""
    job = Job.objects.create(kind=Job.Kind.EXPORT, workspace=model.workspace)
    return TrainedModel.objects.create(workspace=model.workspace, name="Waiting", origin="exported", job=job)


def another(name: str, cast: Cast) -> Workspace:
    """Another client's workspace, in which Mona is manager and nobody else of Halden is anything."""
    made = Workspace.objects.create(name=name)
    people.grant(made, cast.stan, "admin", None)
    people.grant(made, cast.mona, "manager", cast.stan)
    return made
