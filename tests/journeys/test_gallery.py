"""The gallery of the docs: what the command keeps, and what the page shows."""

import re

from tests.journeys.gallery import DOCS, KEPT

MOST_BYTES = 1_500_000


def test_the_page_shows_just_the_pictures_that_the_command_keeps() -> None:
    shown = re.findall(r"\(gallery/([\w-]+)\.webp\)", (DOCS.parent / "gallery.md").read_text())
    kept = [f"{name}-{look}" for name, looks in KEPT.items() for look in looks]
    assert sorted(shown) == sorted(kept)
    assert sorted(picture.stem for picture in DOCS.iterdir()) == sorted(kept)
    assert sum(picture.stat().st_size for picture in DOCS.iterdir()) <= MOST_BYTES
