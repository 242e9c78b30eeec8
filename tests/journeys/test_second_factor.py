"""Rita protects her account: an authenticator app, recovery codes, a passkey; and comes back with each of them."""

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, BrowserContext, expect

from reviewapp.models import AuditEvent
from tests.authenticator import digits
from tests.cast import PASSWORD, Cast
from tests.journeys.conftest import Visit, Window, _listen

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.mark.journey
def test_an_app_and_a_recovery_code(visit: Visit, cast: Cast) -> None:
    rita = visit(cast.rita)
    page = rita.page
    rita.open("/account/second-factor/")
    rita.look("second-factor-none")
    page.get_by_role("link", name="Set up an app").click()
    page.get_by_label("Password").fill(PASSWORD)
    rita.look("second-factor-confirm")
    page.get_by_role("button", name="Go on").click()
    key = page.get_by_label("Key, to type it in instead").input_value()
    rita.look("second-factor-app")
    page.get_by_label("Code", exact=True).fill(digits(key, -1))
    page.get_by_role("button", name="Turn it on").click()
    written = page.get_by_label("Codes that are left").input_value().split()
    rita.look("second-factor-codes")
    assert len(written) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 codes are left")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    rita.look("second-factor-dark")
    page.emulate_media(color_scheme="light")
    for code in (digits(key), written[0]):
        _sign_out(rita)
        rita.sign_in(cast.rita)
        rita.look("second-factor-enter")
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/workspaces/")


@pytest.mark.journey
def test_a_passkey(site: str, chromium: Browser, cast: Cast) -> None:
    """Chromium's virtual authenticator; the address is a name, since a passkey belongs to one."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(20_000)
    rita = Window(context.new_page(), site.replace("127.0.0.1", "localhost"))
    _listen(rita)
    _plug_in(context, rita)
    page = rita.page
    rita.open("/sign-in/")
    rita.look("sign-in")
    rita.sign_in(cast.rita)
    page.wait_for_url("**/workspaces/")
    rita.open("/account/second-factor/passkey/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    rita.look("passkey-add")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("rowheader", name="Laptop")).to_be_visible()
    rita.look("passkey-added")
    _sign_out(rita)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/workspaces/")
    _sign_out(rita)
    rita.sign_in(cast.rita)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/workspaces/")
    ways = AuditEvent.objects.filter(verb="person.sign_in").order_by("-pk").values_list("detail__ways", flat=True)
    assert list(ways) == [["webauthn"], ["webauthn"], ["password"]]
    rita.open("/account/second-factor/")
    page.get_by_role("link", name="Remove Laptop").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("link", name="Add a passkey")).to_be_visible()
    assert not Authenticator.objects.exists()
    context.close()
    assert rita.problems == []


def _plug_in(context: BrowserContext, window: Window) -> None:
    session = context.new_cdp_session(window.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})


def _sign_out(window: Window) -> None:
    window.page.get_by_role("button", name="Account of").click()
    window.page.get_by_role("button", name="Sign out").click()
    window.page.wait_for_url("**/sign-in/")
