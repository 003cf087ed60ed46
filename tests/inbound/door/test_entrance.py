"""Which addresses are ours, and what for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.door.entrance import Entrance, Errand, read_entrance

DOMAIN = "Mail.Paper.example"
SENDERS = {"news@mail.paper.example": "daily", "subscribe@mail.paper.example": "", "news@paper.example": "other"}


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("unsubscribe", Entrance(Errand.UNSUBSCRIBE)),
        ("Help", Entrance(Errand.HELP)),
        ("subscribe+daily", Entrance(Errand.SUBSCRIBE, "daily")),
        ("UNSUBSCRIBE+ABC", Entrance(Errand.UNSUBSCRIBE, "abc")),
        ("confirm+abc", Entrance(Errand.CONFIRM, "abc")),
        ("preferences+abc", Entrance(Errand.PREFERENCES, "abc")),
        ("bounces+abc", Entrance(Errand.REPORT, "abc")),
        ("returns+abc", Entrance(Errand.REPORT, "abc")),
        ("news", Entrance(Errand.NEWSLETTER, "daily")),
        ("subscribe", Entrance(Errand.NEWSLETTER, "")),
        ("confirm", None),
        ("bounces", None),
        ("help+", None),
        ("help+x", None),
        ("postmaster", None),
        ("", None),
    ],
)
def test_addresses_of_ours(local: str, expected: Entrance | None) -> None:
    """Each address has its errand, in either case; a newsletter's own address is that newsletter's."""
    assert expected == read_entrance(f"<{local}@mail.PAPER.example>", DOMAIN, SENDERS)


@pytest.mark.parametrize(
    "address", ["help@paper.example", "help@x.mail.paper.example", "news@paper.example", "help"]
)
def test_other_domains(address: str) -> None:
    """What is not in the domain is not ours, though a newsletter comes from there."""
    assert None is read_entrance(address, DOMAIN, SENDERS)


def test_without_a_domain() -> None:
    """An installation whose mail does not come back has no address."""
    assert None is read_entrance("help@", "", {})


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_address_is_read(local: str, domain: str) -> None:
    """Whatever an envelope names, it is one of ours or none."""
    found = read_entrance(f"{local}@{domain}", DOMAIN, SENDERS)
    assert found is None or f"@{domain}".strip().strip("<>").lower().endswith("@mail.paper.example")
