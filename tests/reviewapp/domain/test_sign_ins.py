"""Failed sign-ins are on the trail, and cannot fill it."""

import pytest

from reviewapp.domain import sign_ins
from reviewapp.models import AuditEvent
from tests.cast import Cast


def test_a_flood_leaves_a_bounded_trail_and_hides_no_other_account(cast: Cast) -> None:
    for number in range(sign_ins.MOST + 5):
        sign_ins.failed("rita")
        sign_ins.failed(f"nobody {number}")
    events = AuditEvent.objects.filter(verb=sign_ins.VERB)
    tried = [event.detail["account"] for event in events]
    assert (tried.count("rita"), tried.count(None)) == (sign_ins.MOST, sign_ins.MOST)
    assert [e.detail["account"] for e in events.filter(detail__has_key="following")] == [None, "rita"]
    assert sign_ins.failed("mona") is not None


def test_the_bound_is_for_an_hour(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(sign_ins.MOST):
        sign_ins.failed("rita")
    assert sign_ins.failed("rita") is None
    monkeypatch.setattr(sign_ins, "WITHIN", -sign_ins.WITHIN)  # as if the hour were over
    assert sign_ins.failed("rita") is not None


def test_tokens_that_open_nothing_are_counted_by_where_they_come_from(cast: Cast) -> None:
    """T-20: a flood leaves ten events of an address, addresses of one IPv6 network count together."""
    for number in range(sign_ins.MOST + 5):
        sign_ins.token_failed("0" * 128, "203.0.113.7")
        sign_ins.token_failed("0" * 128, f"2001:db8::{number:x}")
    tried = [event.detail["address"] for event in AuditEvent.objects.filter(verb=sign_ins.TOKEN_VERB)]
    assert sorted(set(tried)) == ["2001:db8::/64", "203.0.113.7"]
    assert (tried.count("203.0.113.7"), tried.count("2001:db8::/64")) == (sign_ins.MOST, sign_ins.MOST)
    assert AuditEvent.objects.filter(detail__has_key="following").count() == 2


def test_many_addresses_do_not_fill_the_trail_either(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(sign_ins.MOST_ADDRESSES + 20):
        sign_ins.token_failed("0" * 128, f"198.51.{number // 250}.{number % 250}")
    assert AuditEvent.objects.filter(verb=sign_ins.TOKEN_VERB).count() == sign_ins.MOST_ADDRESSES
    monkeypatch.setattr(sign_ins, "WITHIN", -sign_ins.WITHIN)  # as if the hour were over
    assert sign_ins.token_failed("0" * 128, "198.51.100.1") is not None
