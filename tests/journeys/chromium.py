"""The browser of the journeys: where it is, how it is started, where its pictures go."""

import os
import shutil
from pathlib import Path

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def path() -> str | None:
    """Where Chromium is; None when there is none."""
    return os.environ.get("REVIEWAPP_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
