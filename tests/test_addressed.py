"""Addresses that carry a token: what we make is read back, and nothing else is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.addressed import PREFIXES, address_maker, purpose_of, read_addressed
from newsletter.errors import TokenError
from newsletter.tokens import LIFETIME, Purpose, Tokens

TOKENS = Tokens("one secret of an installation, long enough")
OTHERS = Tokens("another secret of an installation, as long")
SENT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
LONGEST_LOCAL_PART = 64

PREFIX = PREFIXES[Purpose.BOUNCE]

numbers = st.integers(0, 2**63 - 1)
purposes = st.sampled_from(sorted(PREFIXES))


def made(number: int, tokens: Tokens = TOKENS, purpose: Purpose = Purpose.BOUNCE) -> str:
    return address_maker(tokens, purpose, "news.example", SENT)(number)


def refused(address: str, now: datetime = SENT) -> bool:
    try:
        read_addressed(address, TOKENS, Purpose.BOUNCE, now)
    except TokenError:
        return True
    return False


@given(numbers, purposes)
def test_what_is_made_is_read(number: int, purpose: Purpose) -> None:
    """An address gives back its number, in either case, with or without brackets, and says what it is for."""
    address = made(number, purpose=purpose)
    for spelled in (address, address.upper(), f"<{address}>", address.replace("news.example", "other.example")):
        assert (number, SENT) == read_addressed(spelled, TOKENS, purpose, SENT)
        assert purpose_of(spelled) is purpose


@given(numbers, purposes)
def test_it_fits_a_local_part(number: int, purpose: Purpose) -> None:
    """It is short and plain enough for every mail system."""
    local, _, domain = made(number, purpose=purpose).partition("@")
    assert LONGEST_LOCAL_PART >= len(local)
    assert local.removeprefix(PREFIXES[purpose]).isalnum()
    assert ("news.example", local.lower()) == (domain, local)


@given(numbers, st.data())
def test_no_character_can_be_changed(number: int, data: st.DataObject) -> None:
    """One character changed, and it is refused: also in the last, where base32 has a bit to spare."""
    address = made(number)
    start, end = len(PREFIX), address.index("@")
    place = data.draw(st.integers(start, end - 1))
    other = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda each: each != address[place])
    )
    assert refused(address[:place] + other + address[place + 1 :])


@given(numbers, st.data())
def test_it_cannot_be_cut_or_lengthened(number: int, data: st.DataObject) -> None:
    """A token cut short, or with something behind it, is refused."""
    local, _, domain = made(number).partition("@")
    length = data.draw(st.integers(0, len(local) - 1))
    assert refused(f"{local[:length]}@{domain}")
    assert refused(f"{local}{data.draw(st.sampled_from(['a', '2', '=', '+a', 'aaaaaaaa']))}@{domain}")


@given(numbers)
def test_others_cannot_make_it(number: int) -> None:
    """An address signed with another secret, or for another purpose, is refused."""
    assert refused(made(number, OTHERS))
    for purpose in Purpose:
        if purpose is not Purpose.BOUNCE:
            assert refused(f"bounces+{TOKENS.sign(purpose, number, SENT)}@news.example")
        if purpose in PREFIXES and purpose is not Purpose.BOUNCE:
            assert refused(made(number, purpose=purpose).replace(PREFIXES[purpose], PREFIX))


@given(st.text(max_size=100))
def test_any_text_is_refused(text: str) -> None:
    """What is no address of ours is refused in one way."""
    assert refused(text)
    assert refused(f"bounces+{text}@news.example")


@pytest.mark.parametrize(
    "address", ["", "<>", "daily@news.example", "bounces@news.example", "bounces+@news.example"]
)
def test_other_addresses_are_refused(address: str) -> None:
    """Ordinary addresses are none of these."""
    assert refused(address)
    assert purpose_of(address) is None


def test_it_ages() -> None:
    """A report may come weeks late, but not for ever."""
    lifetime = LIFETIME[Purpose.BOUNCE]
    assert lifetime is not None
    assert (7, SENT) == read_addressed(made(7), TOKENS, Purpose.BOUNCE, SENT + lifetime)
    assert refused(made(7), SENT + lifetime + timedelta(minutes=2))
