"""An operator helps somebody who lost their second factor."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command

from reviewapp.domain import second_factor
from reviewapp.models import AuditEvent
from tests.cast import Cast


def test_all_factors_of_a_person_go_and_leave_one_event(cast: Cast) -> None:
    TOTP.activate(cast.rita, generate_totp_secret())
    TOTP.activate(cast.rolf, generate_totp_secret())
    call_command("drop_second_factor", "rita")
    assert not second_factor.has(cast.rita)
    assert second_factor.has(cast.rolf)
    assert AuditEvent.objects.get(verb="second_factor.drop").target == f"user:{cast.rita.pk}"


def test_who_has_none_or_is_not_there_is_told(cast: Cast) -> None:
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("drop_second_factor", "rita")
    with pytest.raises(CommandError, match="no active person"):
        call_command("drop_second_factor", "nobody")
