"""Instance keys: which models each of them opens, and the change to a new one without touching a sealed file."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import QuerySet

from models_lib import sealing
from models_lib.models import TrainedModel
from models_lib.sealing import InstanceKey
from reviewapp import env
from reviewapp.domain import audit, second_factor
from reviewapp.errors import Damaged
from reviewapp.models import Webhook, Workspace

Row = TypeVar("Row", TrainedModel, Webhook)
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
    """Bring all that is sealed under the current instance key; where all is, make a new one if it is kept here.

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
    """Drop the former keys that nothing here needs; returns how many are left. Older archives may need them still."""
    former = env.former_secrets(NAME)
    needed = {key_id for rows in _sealed() for key_id in rows.values_list("key_id", flat=True)}
    with transaction.atomic():
        needed |= {second_factor.key_id(factor) for factor in second_factor.sealed()}
    env.forget_former_secrets(NAME, keep=[secret for secret in former if InstanceKey(secret).id in needed])
    return len(env.former_secrets(NAME))


def _sealed() -> tuple[QuerySet[TrainedModel], QuerySet[Webhook]]:
    """Everything that is sealed for as long as it is there: ready models, and the secrets of webhooks."""
    return TrainedModel.objects.ready(), Webhook.objects.all()


def _rewrap_all() -> tuple[int, list[int]]:
    """Bring what former keys of ours wrapped under the current one; returns how much, and which models are damaged."""
    keys = sealing.instance_keys()
    models, webhooks = _sealed()
    changed, damaged = _rewrap_rows(models, keys)
    told, _ = _rewrap_rows(webhooks, keys)
    factors = _reseal_factors(keys)
    counts = Counter(model.workspace_id for model in changed)
    for workspace in Workspace.objects.filter(pk__in=counts):
        audit.record(None, "key.rotate", workspace, workspace, models=counts[workspace.pk], key=keys[0].id)
    return len(changed) + len(told) + factors, [model.pk for model in damaged]


def _reseal_factors(keys: Sequence[InstanceKey]) -> int:
    """Bring the secrets of second factors under the current key; returns how many changed."""
    former = {key.id for key in keys} - {keys[0].id}
    changed = 0
    for factor in second_factor.sealed():
        if second_factor.key_id(factor) in former:
            with suppress(Damaged):  # nobody signs in with it any more, under whatever key
                second_factor.reseal(factor, keys)
                changed += 1
    return changed


def _rewrap_rows(rows: QuerySet[Row], keys: Sequence[InstanceKey]) -> tuple[list[Row], list[Row]]:
    """Those of the rows that are under the current key now, and those whose wrapped key is damaged."""
    former = {key.id for key in keys} - {keys[0].id}
    under = rows.filter(key_id__in=former).only("guid", "key_id", "wrapped_key", "workspace_id")
    found = list(under.select_for_update(of=("self",), no_key=True).order_by("pk"))
    damaged = [row for row in found if not _rewrap(row, keys)]
    changed = [row for row in found if row not in damaged]
    rows.model._default_manager.bulk_update(changed, ["key_id", "wrapped_key"], batch_size=ROWS_AT_A_TIME)
    return changed, damaged


def _rewrap(row: TrainedModel | Webhook, keys: Sequence[InstanceKey]) -> bool:
    try:
        wrapped = sealing.rewrap(row.key_id, bytes(row.wrapped_key), row.guid, keys)
    except Damaged:
        return False
    row.key_id, row.wrapped_key = wrapped
    return True
