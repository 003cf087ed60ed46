"""Which hosts the world reaches."""

import pytest

from newsletter.preflight.expected import Expected, addresses_in, host_of, is_private, is_public, is_reserved


@pytest.mark.parametrize(
    ("host", "public", "private", "reserved"),
    [
        ("www.quay-paper.de", True, False, False),
        ("8.8.8.8", True, False, False),
        ("localhost", False, True, True),
        ("news.localhost", False, True, True),
        ("127.0.0.1", False, True, False),
        ("192.168.1.2", False, True, False),
        ("fd00::1", False, True, False),
        ("newsroom", False, True, False),
        ("printer.local", False, True, True),
        ("www.paper.example", False, False, True),
        ("example.com", False, False, True),
        ("notexample.com", True, False, False),
    ],
)
def test_hosts_are_told_apart(host: str, *, public: bool, private: bool, reserved: bool) -> None:
    """A host is one that the world reaches, or of a private network, or stands for none."""
    assert (public, private, reserved) == (is_public(host), is_private(host), is_reserved(host))


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://A.De./x", "a.de"), ("https://a.de:99999/", ""), ("http://[1", ""), ("", ""), ("mailto:a@b.de", "")],
)
def test_the_host_of_an_address(url: str, host: str) -> None:
    """The host is in lower case; what is no address has none."""
    assert host == host_of(url)


def test_a_message_is_public_unless_we_are_not() -> None:
    """Whose message it is not known to be is judged as one for the world."""
    found = [Expected(url).is_public for url in ("", "https://a.de", "http://localhost:8000", "https://a.example")]
    assert [True, True, False, False] == found


def test_addresses_in_text_are_found_without_what_surrounds_them() -> None:
    """Punctuation behind an address is not part of it, and each is found once."""
    text = "See https://a.de/x. (https://a.de/y) <https://a.de/z>, https://a.de/x!"
    assert ["https://a.de/x", "https://a.de/y", "https://a.de/z"] == addresses_in(text)
