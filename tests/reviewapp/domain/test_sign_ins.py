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
