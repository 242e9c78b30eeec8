"""What a person likes to see."""

import pytest

from reviewapp.domain import audit, preferences
from reviewapp.domain.preferences import Preferences
from reviewapp.errors import Invalid
from reviewapp.models import User
from tests.cast import Cast


def test_who_never_chose_sees_what_everybody_sees(cast: Cast) -> None:
    assert preferences.of(cast.rita) == Preferences()


def test_a_choice_is_kept_and_the_others_stay(cast: Cast) -> None:
    preferences.choose(cast.rita, theme="dark", reading="large")
    preferences.choose(User.objects.get(pk=cast.rita.pk), density="compact")
    kept = preferences.of(User.objects.get(pk=cast.rita.pk))
    assert kept == Preferences(theme="dark", density="compact", reading="large")
    assert preferences.of(User.objects.get(pk=cast.rolf.pk)) == Preferences()
    assert [event.verb for event in audit.about(cast.rita)] == ["person.preferences"] * 2


@pytest.mark.parametrize("chosen", [{"theme": "pink"}, {"font": "serif"}, {"time_zone": "Mars/Olympus"}])
def test_what_cannot_be_chosen_is_refused(cast: Cast, chosen: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refusal:
        preferences.choose(cast.rita, **chosen)
    assert list(refusal.value.fields) == list(chosen)
    assert not audit.about(cast.rita)
