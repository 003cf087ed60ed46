"""The relays that SMTP_URL names."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.smtp.relay import Relay, Tls, read_relays
from newsletter.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", Relay("mail.example", 587, Tls.STARTTLS)),
        ("smtp://mail.example/", Relay("mail.example", 587, Tls.STARTTLS)),
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
    assert expected == read_relays(url, insist_on_starttls=True)[0]


def test_the_operator_may_waive_starttls() -> None:
    """SMTP_STARTTLS=false takes it where offered, and leaves implicit TLS as it is."""
    assert Tls.IF_OFFERED is read_relays("smtp://mail.example", insist_on_starttls=False)[0].tls
    assert Tls.IMPLICIT is read_relays("smtps://mail.example", insist_on_starttls=False)[0].tls


def test_every_option() -> None:
    """Each option sets its field."""
    url = (
        "smtp://ann:secret@a.example:587?weight=3&connections=20&messages=900&rate=0.5&chunks=8"
        "&pipelining=no&verify=NO&auth=xoauth2&newsletters=daily,weekly-news&warm-up=2026-11-01"
    )
    expected = Relay(
        "a.example",
        587,
        Tls.STARTTLS,
        "ann",
        "secret",
        weight=3,
        connections=20,
        per_connection=900,
        rate=0.5,
        chunks=8,
        pipelining=False,
        verify=False,
        auth="XOAUTH2",
        newsletters=frozenset({"daily", "weekly-news"}),
        warm_up_on=date(2026, 11, 1),
    )
    assert (expected,) == read_relays(url, insist_on_starttls=True)


def test_several_relays() -> None:
    """White space of any kind stands between relays, and their order is kept."""
    found = read_relays(" smtp://a.example\n\tsmtps://b.example?weight=2 ", insist_on_starttls=True)
    assert ["a.example:587", "b.example:465"] == [relay.name for relay in found]
    assert [1, 2] == [relay.weight for relay in found]


def test_no_relay() -> None:
    """A blank setting names none."""
    assert () == read_relays(" \n", insist_on_starttls=True)


def test_which_relays_are_on_this_machine() -> None:
    """A relay knows whether it is on loopback."""
    found = read_relays("smtp://localhost smtp://[::1]:26 smtp://a.example", insist_on_starttls=True)
    assert [True, True, False] == [relay.is_on_loopback for relay in found]


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "mail.example:25",
        "http://mail.example",
        "smtp://",
        "smtp://:25",
        "smtp:mail.example",
        "smtp://mail.example:port",
        "smtp://mail.example:99999",
        "smtp://mail.example:0",
        "smtp://mail.example/folder",
        "smtp://mail.example#weight=3",
        "smtp://[::1",
    ],
)
def test_what_is_no_relay(url: str) -> None:
    """Anything else is a setting that cannot be used, with the way to write it."""
    with pytest.raises(SettingsError) as caught:
        read_relays(url, insist_on_starttls=True)
    assert "smtp://user:password@host:587" in caught.value.mend


def test_an_address_in_doubt_is_named_by_its_place() -> None:
    """Of several, the one that cannot be read is counted out."""
    with pytest.raises(SettingsError, match="address 2"):
        read_relays("smtp://a.example b.example", insist_on_starttls=True)


@pytest.mark.parametrize(
    ("option", "mend"),
    [
        ("weight=0", "1 to 1000"),
        ("weight=2.5", "1 to 1000"),
        ("weight=²", "1 to 1000"),
        ("weight", "1 to 1000"),
        ("connections=1001", "1 to 1000"),
        ("messages=-1", "1 to 1000000"),
        ("rate=0", "messages a second"),
        ("rate=nan", "messages a second"),
        ("rate=fast", "messages a second"),
        ("chunks=many", "0 (DATA)"),
        ("pipelining=maybe", "yes or no"),
        ("verify=", "yes or no"),
        ("auth=GUESS", "XOAUTH2"),
        ("newsletters=Daily", "commas"),
        ("newsletters=daily,", "commas"),
        ("warm-up=tomorrow", "2026-11-01"),
    ],
)
def test_a_value_that_cannot_be_used(option: str, mend: str) -> None:
    """The error names the relay, the option and the value, says what is wanted, and keeps the password."""
    with pytest.raises(SettingsError) as caught:
        read_relays(f"smtp://ann:hushhush@a.example?{option}", insist_on_starttls=True)
    name, _, value = option.partition("=")
    assert f"relay a.example:587: {name}={value!r}" in caught.value.what
    assert mend in caught.value.mend
    assert "hushhush" not in str(caught.value)


def test_an_unknown_option() -> None:
    """The error names it and lists those there are."""
    with pytest.raises(SettingsError) as caught:
        read_relays("smtp://a.example?wieght=3", insist_on_starttls=True)
    assert "'wieght'" in caught.value.what
    assert "weight, connections, messages, rate" in caught.value.mend


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("smtp://a.example?rate=1&rate=2", "rate is given twice"),
        ("smtp://a.example smtp://ann:x@A.example:587", "a.example:587 is named twice"),
        ("smtp://a.example?auth=LOGIN", "nobody to log in as"),
    ],
)
def test_what_contradicts_itself(text: str, what: str) -> None:
    """Nothing is silently preferred to something else."""
    with pytest.raises(SettingsError, match=what):
        read_relays(text, insist_on_starttls=True)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_text_does_anything_else(url: str) -> None:
    """Every text is relays or a SettingsError, and no error repeats it, because it may hold a password."""
    said = ""
    try:
        found = read_relays(f"smtp://ann:hushhush@{url}", insist_on_starttls=True)
    except SettingsError as error:
        said = str(error)
    else:
        assert all(relay.host and 0 < relay.port < 65_536 for relay in found)
    assert "hushhush" not in said


@given(st.sampled_from("/?#@"), st.booleans())
def test_a_password_that_was_not_encoded_is_never_shown(sign: str, has_option: bool) -> None:
    """A sign that ends the host early makes the rest of the password look like another part of the address."""
    url = f"smtp://ann:12{sign}hushhush@mail.example" + "?weight=3" * has_option
    said = ""
    try:
        read_relays(url, insist_on_starttls=True)
    except SettingsError as error:
        said = str(error)
    assert "hushhush" not in said


def test_the_password_is_never_shown() -> None:
    """A relay in a log line or a traceback keeps its password to itself."""
    relay = read_relays("smtp://ann:hushhush@mail.example", insist_on_starttls=True)[0]
    assert "hushhush" == relay.password
    assert "hushhush" not in f"{relay!r} {relay}"
