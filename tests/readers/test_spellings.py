"""An address is found in others' text however it is spelled, and never within another address."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.readers.spellings import address_pattern, names

ANN = address_pattern("Ann@reader.example")
BOOKS = address_pattern("ann@xn--bcher-kva.example")


@pytest.mark.parametrize(
    "text",
    [
        "ann@reader.example",
        "To: <ANN@Reader.Example>",
        "rfc822;ann@reader.example",
        "Ann@reader.example.",
        "RCPT TO:<ann@reader.example>: 550",
        "mailto:ann%40reader.example?subject=x",
        "https://x.example/?for=%3Cann%40reader.example%3E",
        "write to ann&#64;reader.example",
        "write to ann&#x40;reader.example",
        '{"to": "\\u003cann\\u0040reader.example\\u003e"}',
        "for=3Dann=40reader.example",
        "=adam? no: ann@reader.example",
    ],
)
def test_however_it_is_spelled(text: str) -> None:
    """Case, brackets, links, markup and JSON hide nothing."""
    assert names(text, ANN)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ann", "reader.example", "joann@reader.example", "j.ann@reader.example", "x+ann@reader.example"),
        *("ann@reader.example.org", "ann@reader.examples", "ann@reader.example-mail.org", "ann@xreader.example"),
        base64.b64encode(b"ann@reader.example").decode(),
    ],
)
def test_another_address_is_another(text: str) -> None:
    """Nobody's mail is taken for somebody else's because one address contains the other."""
    assert not names(text, ANN)


@pytest.mark.parametrize("text", ["ann@xn--bcher-kva.example", "ANN@bücher.example", "Ann@BÜCHER.example"])
def test_a_domain_in_either_alphabet(text: str) -> None:
    """People write it with their letters, mail systems in ASCII."""
    assert names(text, BOOKS)


@given(st.text())
def test_any_text_is_looked_at(text: str) -> None:
    """Whatever a stranger wrote, the answer is yes or no; beside the address it is yes."""
    assert names(f"{text} ann@reader.example", ANN)
    assert names(text, ANN) in {True, False}
