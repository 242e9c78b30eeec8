"""Sealing: only this instance opens what it sealed, and only when no bit has changed."""

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from models_lib import sealing
from models_lib.sealing import Sealed
from models_lib.vault import Vault
from reviewapp.errors import Damaged, OtherInstance, Unavailable

NAME = uuid.UUID(int=7)
PLAIN = b"counts and labels " * 20


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.fixture
def sealed() -> Sealed:
    return sealing.seal(PLAIN, NAME)


def test_what_was_sealed_comes_back_and_never_twice_as_the_same_bytes(sealed: Sealed) -> None:
    assert sealing.unseal(sealed, NAME) == PLAIN
    assert sealing.seal(PLAIN, NAME).body != sealed.body
    assert PLAIN[:18] not in sealed.body


def test_every_flipped_bit_is_refused(sealed: Sealed) -> None:
    """R-07, T-13: tampering is detected on load, wherever it is."""
    for bit in range(8 * len(sealed.body)):
        with pytest.raises(Damaged):
            sealing.unseal(replace(sealed, body=flipped(sealed.body, bit)), NAME)
    for bit in range(8 * len(sealed.wrapped_key)):
        with pytest.raises(Damaged):
            sealing.unseal(replace(sealed, wrapped_key=flipped(sealed.wrapped_key, bit)), NAME)


def test_every_truncation_and_every_other_name_is_refused(sealed: Sealed) -> None:
    for length in range(len(sealed.body)):
        with pytest.raises(Damaged):
            sealing.unseal(replace(sealed, body=sealed.body[:length]), NAME)
    with pytest.raises(Damaged):
        sealing.unseal(sealed, uuid.UUID(int=8))


def test_another_instance_is_told_that_it_lacks_the_key(sealed: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-63: not damaged, but sealed elsewhere; the refusal has a code of its own."""
    monkeypatch.setenv("INSTANCE_KEY", "ab" * 32)
    with pytest.raises(OtherInstance, match="sealed by another instance") as refused:
        sealing.unseal(sealed, NAME)
    assert refused.value.code == "model_other_instance"


def test_a_new_key_takes_over_without_touching_the_body(sealed: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation re-wraps the data key; afterwards the former key is not needed, and opens nothing."""
    old, new = "cd" * 32, "ab" * 32
    monkeypatch.setenv("INSTANCE_KEY", old)
    sealed = sealing.seal(PLAIN, NAME)
    monkeypatch.setenv("INSTANCE_KEY", new)
    monkeypatch.setenv("INSTANCE_KEY_PREVIOUS", old)
    assert sealing.unseal(sealed, NAME) == PLAIN
    key_id, wrapped = sealing.rewrap(sealed.key_id, sealed.wrapped_key, NAME)
    monkeypatch.delenv("INSTANCE_KEY_PREVIOUS")
    assert sealing.unseal(Sealed(sealed.body, key_id, wrapped), NAME) == PLAIN
    monkeypatch.setenv("INSTANCE_KEY", old)
    with pytest.raises(OtherInstance):
        sealing.unseal(Sealed(sealed.body, key_id, wrapped), NAME)


def test_fingerprints_compare_content_and_depend_on_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    here = sealing.fingerprint(PLAIN)
    assert sealing.fingerprint(PLAIN) == here != sealing.fingerprint(PLAIN + b".")
    monkeypatch.setenv("TOKEN_KEY", "ab" * 32)
    assert sealing.fingerprint(PLAIN) != here


def test_a_stored_file_that_changed_or_went_away_is_told_apart(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    digest = vault.keep(b"sealed bytes")
    place = next(path for path in tmp_path.rglob("*") if path.is_file())
    assert (vault.read(digest, 12), place.stat().st_mode & 0o077) == (b"sealed bytes", 0)
    place.write_bytes(b"sealed bytez")
    with pytest.raises(Damaged):
        vault.read(digest, 12)
    place.write_bytes(b"sealed bytes and a lot more")
    with pytest.raises(Damaged):
        vault.read(digest, 12)
    vault.remove(digest)
    with pytest.raises(Unavailable):
        vault.read(digest, 12)
