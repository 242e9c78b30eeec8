"""Secrets to plant in a training, and the search for them, in six encodings, in anything that is bytes."""

import base64
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import numpy as np

PREFIX = 8  # bytes; every encoded secret is longer


def rare_words(count: int, seed: int = 0) -> list[str]:
    """Words that stand in no language: twelve random letters each."""
    letters = np.random.default_rng(seed).integers(ord("a"), ord("z") + 1, (count, 12)).astype(np.uint8)
    return [bytes(word).decode() for word in letters]


def encodings(secret: str) -> dict[bytes, str]:
    """The secret as it might stand somewhere: plain, UTF-16, base64, hexadecimal, reversed, percent-encoded.

    Each as it is written and in lower case, base64 from any offset.
    """
    found: dict[bytes, str] = {}
    for text in {secret, secret.lower()}:
        plain = text.encode()
        found |= {"".join(f"%{byte:02x}" for byte in plain).encode(): "percent", quote(text).encode(): "percent"}
        found |= {plain: "utf-8", plain[::-1]: "reversed"}
        found |= {text.encode(kind): "utf-16" for kind in ("utf-16-le", "utf-16-be")}
        found |= {plain.hex().encode(): "hex", plain.hex().upper().encode(): "hex"}
        for offset, blurred in enumerate((0, 2, 3)):  # characters that depend on what stands before
            found[base64.b64encode(bytes(offset) + plain)[blurred:-4]] = "base64"
    return found


class Needles:
    """Every encoding of many secrets, ready to be looked for."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._by_prefix: dict[bytes, list[tuple[bytes, str]]] = {}
        for secret in secrets:
            for needle, kind in encodings(secret).items():
                assert len(needle) > PREFIX, secret
                self._by_prefix.setdefault(needle[:PREFIX], []).append((needle, f"{secret} ({kind})"))
        self._prefixes = np.array(sorted(int.from_bytes(prefix, "little") for prefix in self._by_prefix), np.uint64)

    def found(self, blob: bytes) -> list[str]:
        """The secrets in it, each with its encoding."""
        if len(blob) < PREFIX:
            return []
        windows = np.ndarray((len(blob) - PREFIX + 1,), "<u8", blob, strides=(1,))
        places = np.flatnonzero(np.isin(windows, self._prefixes)).tolist()
        near = ((place, pair) for place in places for pair in self._by_prefix[blob[place : place + PREFIX]])
        return sorted({told for place, (needle, told) in near if blob.startswith(needle, place)})

    def found_in(self, surfaces: Mapping[str, bytes]) -> dict[str, list[str]]:
        """By surface, the secrets in it; surfaces without any are left out."""
        found = {name: self.found(blob) for name, blob in surfaces.items()}
        return {name: told for name, told in found.items() if told}
