"""The search for planted secrets itself: it finds each encoding, wherever it stands."""

import base64
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.models_lib.planted import Needles

SECRET = "Zarblin Holdings"
WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "utf-8": lambda text: text,
    "utf-16": lambda text: text.decode().encode("utf-16"),
    "base64": base64.b64encode,
    "hex": lambda text: text.hex().encode(),
    "reversed": lambda text: text[::-1],
    "percent": lambda text: quote(text).encode(),
}


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("secret", [SECRET, SECRET.lower()])
def test_a_secret_is_found_in_every_encoding_at_any_place(kind: str, before: str, secret: str) -> None:
    blob = WRITTEN[kind](f"{before}{secret} and more".encode())
    assert f"{SECRET} ({kind})" in Needles([SECRET, "Other Secret"]).found(blob)


def test_what_is_not_there_is_not_found() -> None:
    blob = b"".join(write(b"Zarblim Holdinks and more, " * 50) for write in WRITTEN.values())
    assert Needles([SECRET]).found(blob) == []
    assert Needles([SECRET]).found(b"Zarblin") == []
