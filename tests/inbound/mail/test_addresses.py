"""Addresses as reports write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.mail.addresses import LONGEST_ADDRESS, addresses_in, typed_address, xtext


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("rfc822; ann@reader.example", "ann@reader.example"),
        ("RFC822;<ann@reader.example>", "ann@reader.example"),
        ("rfc822;Ann <ann@reader.example>", "ann@reader.example"),
        ("ann@reader.example", "ann@reader.example"),
        ("rfc822; ..ann..@carrier.example", "..ann..@carrier.example"),
        ("utf-8; j\\x{F6}rg@reader.example", "jörg@reader.example"),
        ("utf-8; jörg@reader.example", "jörg@reader.example"),
        ("utf-8; a\\x{110000}b@reader.example", "a\N{REPLACEMENT CHARACTER}b@reader.example"),
        ("rfc822; ann+2Bnews+40reader.example", "ann+news@reader.example"),
        ("rfc822; ann+news@reader.example", "ann+news@reader.example"),
        ("rfc822; ann", ""),
        ("X400; C=xx; A=operator; S=Ann", ""),
        ("rfc822; a\0b@reader.example", "b@reader.example"),
        ("", ""),
    ],
)
def test_a_typed_address(value: str, address: str) -> None:
    """A field's address is read with its type, brackets, UTF-8 escapes and xtext undone."""
    assert address == typed_address(value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<ann@reader.example>: unknown", ["ann@reader.example"]),
        ("write to 'ann@reader.example', or bob@reader.example.", ["ann@reader.example", "bob@reader.example"]),
        ("to=ann@reader.example, ann@reader.example", ["to=ann@reader.example", "ann@reader.example"]),
        ("mailto:ann@reader.example", ["ann@reader.example"]),
        ('"ann b"@reader.example "ann"@reader.example', ['"ann"@reader.example']),
        ("ann@localhost and 7@192.0.2.1", []),
        ("jörg@bücher.example", ["jörg@bücher.example"]),
        ("nobody at all", []),
    ],
)
def test_addresses_in_a_sentence(text: str, found: list[str]) -> None:
    """Addresses are found between whatever stands around them."""
    assert found == addresses_in(text)


@given(st.text())
def test_any_text_has_addresses_or_not(text: str) -> None:
    """Whatever the text, what is found can be stored."""
    for each in [*addresses_in(text), typed_address(text)]:
        assert each.isprintable()
        assert LONGEST_ADDRESS >= len(each)


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P"))))
def test_xtext_is_undone(text: str) -> None:
    """What RFC 3461 §4 encodes comes back."""
    encoded = "".join(f"+{ord(each):02X}" if each in "+=" else each for each in text)
    assert text == xtext(encoded)
