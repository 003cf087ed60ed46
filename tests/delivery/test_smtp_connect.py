"""Before the first message: reaching the relay, protecting the connection, logging in."""

import pytest

from newsletter.delivery.smtp.client import CredentialsError, SmtpTransport
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.errors import RelayError
from tests.delivery.scripted_relay import CLOSE, ScriptedRelay
from tests.delivery.smtp.test_client import at, letter, transport_to


def test_nobody_listens() -> None:
    """A relay that is not there is an error with the setting to look at."""
    with ScriptedRelay() as gone:
        transport = transport_to(gone)
    with pytest.raises(RelayError, match="SMTP_URL"):
        list(transport.submit([letter(1)]))


@pytest.mark.parametrize(
    ("decision", "error"),
    [
        ("535 5.7.8 wrong", CredentialsError),
        ("454 4.7.0 the directory is down", RelayError),
        ("421 4.3.2 not now", RelayError),
        (CLOSE, RelayError),
    ],
)
def test_refused_credentials(relay: ScriptedRelay, decision: str, error: type[RelayError]) -> None:
    """Only a refusal for good is a matter for the operator, and no message shows the password."""
    relay.decide = at("auth", decision)
    with pytest.raises(RelayError) as caught:
        list(transport_to(relay, user="ann", password="hushhush").submit([letter(1)]))
    assert error is type(caught.value)
    assert "hushhush" not in str(caught.value)
    assert [] == relay.kept


def test_accepted_credentials(relay: ScriptedRelay) -> None:
    """With credentials the session logs in before the first message."""
    transport = transport_to(relay, user="ann", password="hushhush")
    list(transport.submit([letter(1)]))
    transport.close()
    assert ["auth", "mail"] == [step for step in relay.steps() if step in {"auth", "mail"}]


EHLO_WITH_STARTTLS = "250-scripted.example\r\n250-AUTH PLAIN\r\n250 STARTTLS"


@pytest.mark.parametrize(
    "script",
    [{}, {"ehlo": EHLO_WITH_STARTTLS, "starttls": "454 4.7.0 no"}, {"ehlo": EHLO_WITH_STARTTLS}],
    ids=["not offered", "refused", "broken"],
)
def test_nothing_in_clear_where_tls_is_insisted_on(relay: ScriptedRelay, script: dict[str, str]) -> None:
    """Without a sound STARTTLS neither credentials nor mail leave."""
    relay.decide = lambda moment: script.get(moment.step)
    transport = SmtpTransport([Relay("127.0.0.1", relay.port, Tls.STARTTLS, "ann", "hushhush")])
    with pytest.raises(RelayError):
        list(transport.submit([letter(1)]))
    assert not {"auth", "mail"} & set(relay.steps())
