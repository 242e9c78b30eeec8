"""Lockout: counted before the secret is looked at, by who and where."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reviewapp.domain import lockout
from reviewapp.errors import TooManyTries
from reviewapp.models import AuditEvent, GuessedSecret
from tests.cast import Cast
from tests.threads import at_once


def guess(who: str, address: str = "192.0.2.7", tries: int = 5) -> None:
    for _ in range(tries):
        lockout.admit("password", who, address)


def later(seconds: int) -> None:
    """Let so many seconds have passed since everything that was counted."""
    for row in GuessedSecret.objects.all():
        row.tries = [at - timedelta(seconds=seconds) for at in row.tries]
        row.locked_until = row.locked_until and row.locked_until - timedelta(seconds=seconds)
        row.save()


def test_the_sixth_try_within_a_quarter_of_an_hour_is_refused_and_says_for_how_long(db: None) -> None:
    guess("rita")
    with pytest.raises(TooManyTries, match="Wait 15 minutes") as refused:
        lockout.admit("password", "rita", "192.0.2.7")
    assert refused.value.wait == 900


def test_a_refused_try_does_not_make_the_wait_longer(db: None) -> None:
    guess("rita")
    for gone, left in ((0, 900), (300, 600), (599, 1)):
        later(gone)
        with pytest.raises(TooManyTries) as refused:
            lockout.admit("password", "rita", "192.0.2.7")
        assert left - 1 <= refused.value.wait <= left
    later(1)
    guess("rita")


def test_tries_of_more_than_a_quarter_of_an_hour_ago_do_not_count(db: None) -> None:
    for _ in range(4):
        guess("rita", tries=1)
        later(400)
    guess("rita", tries=3)


def test_the_right_secret_wipes_the_count(db: None) -> None:
    guess("rita", tries=4)
    lockout.forgive("password", "rita", "192.0.2.7")
    guess("rita", tries=5)


def test_other_people_and_other_addresses_are_not_touched(db: None) -> None:
    guess("rita")
    guess("rolf")
    guess("rita", "192.0.2.8")
    lockout.admit("code", "rita", "192.0.2.7")


def test_an_ipv6_subscriber_is_one_place(db: None) -> None:
    for last in range(5):
        lockout.admit("password", "rita", f"2001:db8:1:2::{last}")
    with pytest.raises(TooManyTries):
        lockout.admit("password", "rita", "2001:db8:1:2:ffff::1")
    lockout.admit("password", "rita", "2001:db8:1:3::1")


def test_the_start_of_a_lock_is_on_the_trail_once_and_for_people_alone(cast: Cast) -> None:
    for who in ("rita", "nobody at all"):
        guess(who)
        for _ in range(3):
            with pytest.raises(TooManyTries):
                lockout.admit("password", who, "192.0.2.7")
    event = AuditEvent.objects.get(verb="person.lock")
    assert event.target == f"user:{cast.rita.pk}"


def test_the_table_holds_no_name_and_no_address_and_is_tidied(db: None) -> None:
    guess("my secret typed as a name", tries=1)
    kept = str(list(GuessedSecret.objects.values()))
    assert "secret" not in kept
    assert "192.0.2.7" not in kept
    lockout.forget_old()
    assert GuessedSecret.objects.exists()
    GuessedSecret.objects.update(changed_at=timezone.now() - timedelta(hours=1))
    lockout.forget_old()
    assert not GuessedSecret.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_tries_at_once_five_are_looked_at() -> None:
    def guess_once(number: int) -> None:
        lockout.admit("password", "rita", "192.0.2.7")

    said = at_once(20, guess_once)
    assert said.count(None) == 5
    assert sum(isinstance(one, TooManyTries) for one in said) == 15
