"""Preferences over REST."""

from rest_framework.test import APIClient

from tests.cast import Cast


def test_preferences_are_read_and_changed_one_by_one(cast: Cast) -> None:
    client = APIClient()
    client.force_authenticate(cast.rita)
    assert client.get("/api/v1/me/preferences").json()["theme"] == "system"
    changed = client.patch("/api/v1/me/preferences", {"theme": "dark"}).json()
    assert changed == {
        "language": "browser",
        "theme": "dark",
        "density": "comfortable",
        "reading": "normal",
        "time_zone": "",
        "keys": "on",
    }
    refused = client.patch("/api/v1/me/preferences", {"theme": "pink"})
    assert refused.status_code == 422
