"""Proof of work: bound to the form and to the address, easy to check."""

import hashlib
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.public.work import is_worked


def _find(token: str, address: str, bits: int) -> str:
    for number in count():
        digest = hashlib.sha256(f"{token}:{address}:{number}".encode()).digest()
        if f"{digest[0]:08b}{digest[1]:08b}".startswith("0" * bits):
            return str(number)
    raise AssertionError


def test_work_is_for_one_form_and_one_address() -> None:
    """What was found for one is worth nothing for another."""
    nonce = _find("token", "reader@example.com", 12)
    assert is_worked("token", "reader@example.com", nonce, 12)
    assert not is_worked("token", "other@example.com", nonce, 12)
    assert not is_worked("other", "reader@example.com", nonce, 12)


def test_none_is_asked_for_by_default() -> None:
    """Without bits every form is worked for."""
    assert is_worked("token", "reader@example.com", "", 0)


@pytest.mark.parametrize("nonce", ["", "-1", "1 ", "٣", "1" * 21, "0x1"])
def test_only_a_number_is_a_nonce(nonce: str) -> None:
    """Nobody widens the search to what we do not expect."""
    assert not is_worked("token", "reader@example.com", nonce, 1)


@given(st.text(), st.text(), st.text(), st.integers(1, 24))
def test_anything_may_be_sent(token: str, address: str, nonce: str, bits: int) -> None:
    """Whatever a form holds is work or is not, and never an error."""
    digits = f"{token}:{address}:{nonce}".encode("utf-8", "surrogatepass")
    begins = f"{int.from_bytes(hashlib.sha256(digits).digest()):0256b}".startswith("0" * bits)
    is_number = nonce.isascii() and nonce.isdigit() and len(nonce) <= 20
    assert (begins and is_number) == is_worked(token, address, nonce, bits)
