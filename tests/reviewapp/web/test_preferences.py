"""The page on which a person chooses how pages look."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from reviewapp.models import User
from tests.cast import Cast

Browser = Callable[[User], Client]
CHOSEN = {"language": "browser", "theme": "dark", "density": "compact", "reading": "largest", "keys": "off"}


def test_every_page_carries_what_the_person_chose(cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    before = client.get(reverse("workspaces")).content.decode()
    assert 'data-theme="system"' in before
    assert client.post(reverse("preferences"), CHOSEN).status_code == 302
    after = client.get(reverse("workspaces")).content.decode()
    for name, value in list(CHOSEN.items())[1:]:
        assert f'data-{name}="{value}"' in after
    assert 'data-theme="system"' in browser(cast.rolf).get(reverse("workspaces")).content.decode()


def test_a_time_zone_is_chosen_from_a_list(cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    assert "As this server: UTC" in client.get(reverse("preferences")).content.decode()
    assert client.post(reverse("preferences"), {**CHOSEN, "time_zone": "Mars/Olympus"}).status_code == 422
    client.post(reverse("preferences"), {**CHOSEN, "time_zone": "Europe/Berlin"})
    assert '<option value="Europe/Berlin" selected>' in client.get(reverse("preferences")).content.decode()


def test_a_choice_that_is_none_is_refused_beside_its_field(cast: Cast, browser: Browser) -> None:
    answer = browser(cast.rita).post(reverse("preferences"), {**CHOSEN, "theme": "pink"})
    assert answer.status_code == 422
    assert "pink is not one of the available choices" in answer.content.decode()


def test_who_is_not_signed_in_sees_what_everybody_sees(db: None, client: Client) -> None:
    assert 'data-theme="system"' in client.get(reverse("sign-in")).content.decode()
