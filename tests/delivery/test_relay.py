"""The relay that SMTP_URL names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.relay import Relay, Tls, read_relay
from newsletter.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", Relay("mail.example", 587, Tls.STARTTLS)),
        ("smtp://mail.example:25", Relay("mail.example", 25, Tls.STARTTLS)),
        ("smtps://mail.example", Relay("mail.example", 465, Tls.IMPLICIT)),
        ("SMTPS://MAIL.example:4650", Relay("mail.example", 4650, Tls.IMPLICIT)),
        ("smtp://ann:secret@mail.example", Relay("mail.example", 587, Tls.STARTTLS, "ann", "secret")),
        ("smtp://a%40b:p%2F%3A%23@mail.example", Relay("mail.example", 587, Tls.STARTTLS, "a@b", "p/:#")),
        ("smtp://127.0.0.1:1025", Relay("127.0.0.1", 1025, Tls.IF_OFFERED)),
        ("smtp://127.1.2.3", Relay("127.1.2.3", 587, Tls.IF_OFFERED)),
        ("smtp://[::1]:25", Relay("::1", 25, Tls.IF_OFFERED)),
        ("smtp://localhost", Relay("localhost", 587, Tls.IF_OFFERED)),
        ("smtps://localhost", Relay("localhost", 465, Tls.IMPLICIT)),
        ("smtp://localhost.example", Relay("localhost.example", 587, Tls.STARTTLS)),
        ("smtp://192.0.2.1", Relay("192.0.2.1", 587, Tls.STARTTLS)),
    ],
)
def test_addresses(url: str, expected: Relay) -> None:
    """Scheme, port and place decide how a relay is reached; only loopback may go without TLS."""
    assert expected == read_relay(url, insist_on_starttls=True)


def test_the_operator_may_waive_starttls() -> None:
    """SMTP_STARTTLS=false takes it where offered, and leaves implicit TLS as it is."""
    assert Tls.IF_OFFERED is read_relay("smtp://mail.example", insist_on_starttls=False).tls
    assert Tls.IMPLICIT is read_relay("smtps://mail.example", insist_on_starttls=False).tls


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "mail.example:25",
        "http://mail.example",
        "smtp://",
        "smtp://:25",
        "smtp:mail.example",
        "smtp://mail.example:port",
        "smtp://mail.example:99999",
        "smtp://[::1",
    ],
)
def test_what_is_no_relay(url: str) -> None:
    """Anything else is a setting that cannot be used, with the way to write it."""
    with pytest.raises(SettingsError) as caught:
        read_relay(url, insist_on_starttls=True)
    assert "smtp://user:password@host:587" in caught.value.mend


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_text_does_anything_else(url: str) -> None:
    """Every text is a relay or a SettingsError, and no error repeats it, because it may hold a password."""
    said = ""
    try:
        found = read_relay(f"smtp://ann:hushhush@{url}", insist_on_starttls=True)
    except SettingsError as error:
        said = str(error)
    else:
        assert found.host
        assert 0 < found.port < 65_536
    assert "hushhush" not in said


def test_the_password_is_never_shown() -> None:
    """A relay in a log line or a traceback keeps its password to itself."""
    relay = read_relay("smtp://ann:hushhush@mail.example", insist_on_starttls=True)
    assert "hushhush" == relay.password
    assert "hushhush" not in f"{relay!r} {relay}"
