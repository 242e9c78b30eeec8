"""Instance keys: which models each of them opens, and the change to a new one without touching a sealed file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from models_lib import sealing
from models_lib.models import TrainedModel
from models_lib.sealing import InstanceKey
from reviewapp import env
from reviewapp.domain import audit
from reviewapp.errors import Damaged
from reviewapp.models import Workspace

NAME = "INSTANCE_KEY"
ROTATING = 6_217_403  # the database's lock that one rotation at a time holds
ROWS_AT_A_TIME = 500


@dataclass(frozen=True)
class Use:
    """Ready models by the instance key that their data key is wrapped with."""

    current: int
    former: int
    foreign: int  # no key here opens them
    kept: int  # former keys that are still here


@dataclass(frozen=True)
class Rotation:
    """What a rotation did."""

    key_id: str
    made: bool  # a new key; otherwise models were brought under the one that is there
    rewrapped: int
    damaged: list[int]  # models whose wrapped key is not what was wrapped; they stay as they are


def use() -> Use:
    """Count the ready models under each kind of key."""
    current, *former = (key.id for key in sealing.instance_keys())
    counts = Counter(TrainedModel.objects.ready().values_list("key_id", flat=True))
    under = sum(counts[key_id] for key_id in set(former) - {current})
    foreign = sum(counts.values()) - counts[current] - under
    return Use(counts[current], under, foreign, kept=len(set(former) - {current}))


def rotate() -> Rotation:
    """Bring every model under the current instance key; where all are, make a new key first if it is kept here.

    One transaction, after key files that only ever gain a key: killed at any point it can be run again, and goes on.
    Those who read key files meanwhile find the key of every row they have read.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ROTATING])
        rewrapped, damaged = _rewrap_all()
        made = not rewrapped and not env.text(NAME)
        if made:
            env.renew_secret(NAME)
            rewrapped, damaged = _rewrap_all()
        return Rotation(sealing.instance_keys()[0].id, made, rewrapped, damaged)


def forget() -> int:
    """Drop the former keys that no model needs; returns how many are left. Older archives may need them still."""
    former = env.former_secrets(NAME)
    needed = set(TrainedModel.objects.ready().values_list("key_id", flat=True))
    env.forget_former_secrets(NAME, keep=[secret for secret in former if InstanceKey(secret).id in needed])
    return len(env.former_secrets(NAME))


def _rewrap_all() -> tuple[int, list[int]]:
    """Bring what former keys of ours wrapped under the current one; returns how many, and which are damaged."""
    keys = sealing.instance_keys()
    former = {key.id for key in keys} - {keys[0].id}
    rows = TrainedModel.objects.ready().filter(key_id__in=former).only("guid", "key_id", "wrapped_key", "workspace_id")
    found = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    damaged = [model for model in found if not _rewrap(model, keys)]
    changed = [model for model in found if model not in damaged]
    TrainedModel.objects.bulk_update(changed, ["key_id", "wrapped_key"], batch_size=ROWS_AT_A_TIME)
    counts = Counter(model.workspace_id for model in changed)
    for workspace in Workspace.objects.filter(pk__in=counts):
        audit.record(None, "key.rotate", workspace, workspace, models=counts[workspace.pk], key=keys[0].id)
    return len(changed), [model.pk for model in damaged]


def _rewrap(model: TrainedModel, keys: Sequence[InstanceKey]) -> bool:
    try:
        wrapped = sealing.rewrap(model.key_id, bytes(model.wrapped_key), model.guid, keys)
    except Damaged:
        return False
    model.key_id, model.wrapped_key = wrapped
    return True
