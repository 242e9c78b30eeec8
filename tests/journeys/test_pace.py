"""Coding at speed on a slow machine: what moves, how long a key takes, how many keys and requests a document costs.

Keys, requests and what moves are held to always. Times are printed, and held to their budget by
``REVIEWAPP_BENCH=full`` on a machine that does nothing else.
"""

import os
from typing import Any

import pytest
from playwright.sync_api import expect

from reviewapp.models import Project
from tests.cast import Cast, fresh, trained
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"
SLOWER = 4  # times slower than this machine
DOCUMENTS = 12
MOST_MILLISECONDS = 100  # from a key to the next frame, and to the next document
WATCH = """() => {
  window.watched = { shift: 0, paint: 0, read: [], away: [] };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) watched.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries())
      if (interactionId) watched.paint = Math.max(watched.paint, duration);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
  let struck = 0, sent = 0;
  document.addEventListener("keydown", (event) => { struck = event.timeStamp; }, true);
  document.addEventListener("htmx:beforeSend", () => { sent = performance.now(); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "stage") watched.away.push(performance.now() - sent);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "stage") return;
    requestAnimationFrame(() => setTimeout(() => watched.read.push(performance.now() - struck)));
  });
}"""


def test_one_key_one_request_nothing_moves_and_the_next_document_is_there(
    project: Project, cast: Cast, visit: Visit
) -> None:
    """B-07"""
    now = trained(project, cast.rolf)
    before = fresh(now).coded
    page = visit(cast.rita).page
    page.goto(page.url.replace("/workspaces/", f"/projects/{now.pk}/review/"))
    expect(page.locator("#decide")).to_be_visible()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.evaluate(WATCH)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/live/" not in request.url else None)

    token = page.locator("#decide input[name=token]")
    for turn in range(DOCUMENTS):
        lease = token.input_value()
        page.keyboard.press("12"[turn % 2])
        expect(token).not_to_have_value(lease)
        while page.evaluate("watched.read.length") <= turn:
            page.wait_for_timeout(20)
    with page.expect_response("**/review/live/"):
        pass  # progress was drawn anew under the eyes of the reader

    watched: dict[str, Any] = page.evaluate("watched")
    read = sorted(watched["read"])
    ours = sorted(whole - away for whole, away in zip(watched["read"], watched["away"], strict=True))
    print(
        f"{SLOWER} times slower: key to frame {watched['paint']:.0f} ms at most, "
        f"key to next document {read[len(read) // 2]:.0f} ms median, {read[-1]:.0f} ms at most, "
        f"of which in the browser {ours[len(ours) // 2]:.0f} ms median, "
        f"layout shift {watched['shift']:.3f}"
    )
    assert fresh(now).coded == before + DOCUMENTS, "one key a document"
    assert len(sent) == DOCUMENTS, "one request a document"
    assert watched["shift"] < 0.005, "0.00 as browsers round it"
    assert not FULL or max(watched["paint"], read[len(read) // 2]) <= MOST_MILLISECONDS
