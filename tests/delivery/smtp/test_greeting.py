"""Banner, EHLO, STARTTLS and AUTH, before anything else is said."""

import base64
import hashlib
import hmac
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.smtp.client import CredentialsError, SmtpTransport
from newsletter.delivery.smtp.greeting import Approach, Extensions
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.smtp.reply import ReplyParser
from newsletter.delivery.smtp.wire import Timeouts
from newsletter.errors import RelayError
from tests.delivery.certificates import Authority
from tests.delivery.fake_desk import QUICK, FakeDesk, relay_at, submit_all
from tests.delivery.scripted_relay import Moment, ScriptedRelay
from tests.delivery.smtp.test_client import letter

OFFERS_TLS = "250-scripted.example\r\n250-AUTH PLAIN LOGIN\r\n250-PIPELINING\r\n250 STARTTLS"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Give an authority that this machine trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    return made


def submit(relay: ScriptedRelay, tls: Tls, timeouts: Timeouts = QUICK, **more: object) -> list[ReceiptKind]:
    """Submit one letter over one transport."""
    transport = SmtpTransport([relay_at(relay.port, tls=tls, **more)], timeouts)
    try:
        return [each.kind for each in transport.submit([letter(1)])]
    finally:
        transport.close()


def offers_tls(moment: Moment) -> str | None:
    """Offer STARTTLS."""
    return OFFERS_TLS if moment.step == "ehlo" else None


@pytest.fixture(params=[Tls.STARTTLS, Tls.IMPLICIT])
def encrypted(request: pytest.FixtureRequest, authority: Authority) -> Iterator[tuple[ScriptedRelay, Tls]]:
    """Give a relay that encrypts, by either way, with a certificate that is in order."""
    is_implicit = request.param is Tls.IMPLICIT
    with ScriptedRelay(offers_tls, authority.context(), is_implicit=is_implicit) as relay:
        if is_implicit:
            relay.decide = lambda _: None
        yield relay, request.param


def test_encrypted_submission(encrypted: tuple[ScriptedRelay, Tls]) -> None:
    """An edition goes out under TLS, text for text, and we log in only under it."""
    relay, tls = encrypted
    desk = FakeDesk(*range(1, 11), text=b"a line\r\n" * 20_000)
    assert submit_all(desk, relay_at(relay.port, tls=tls, user="ann", password="hush")) is None
    assert {ReceiptKind.ACCEPTED} == set(desk.kinds().values())
    assert {desk.message(number) for number in range(1, 11)} == {each.wire for each in relay.kept}
    steps = relay.steps()
    assert steps.index("auth") > (steps.index("starttls") if tls is Tls.STARTTLS else 0)


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
@pytest.mark.parametrize("fault", ["wrong name", "expired", "unknown authority"])
def test_a_certificate_that_is_not_in_order(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: Tls, fault: str
) -> None:
    """Nothing is said to a relay that cannot show who it is; the operator may say that it is all right."""
    lifetime = timedelta(days=-1 if fault == "expired" else 1)
    context = authority.context("127.0.0.9" if fault == "wrong name" else "127.0.0.1", lifetime)
    if fault == "unknown authority":
        (tmp_path / "other").mkdir()
        monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path / "other").path))
    with ScriptedRelay(context=context, is_implicit=tls is Tls.IMPLICIT) as relay:
        if tls is Tls.STARTTLS:
            relay.decide = offers_tls
        with pytest.raises(RelayError, match="certificate") as caught:
            submit(relay, tls, user="ann", password="hush")
        assert not isinstance(caught.value, CredentialsError)
        assert not {"auth", "mail"} & set(relay.steps())
        assert [ReceiptKind.ACCEPTED] == submit(relay, tls, verify=False)


def test_encryption_that_is_merely_offered_is_used(tmp_path: Path) -> None:
    """On loopback, where plain text would do, any certificate will, and what counts is the second EHLO."""
    ehlos: list[int] = []

    def decide(moment: Moment) -> str | None:
        if moment.step == "ehlo":
            ehlos.append(1)
            return OFFERS_TLS if len(ehlos) == 1 else "250-scripted.example\r\n250 AUTH LOGIN"
        return {"auth": "334 VXNlcm5hbWU6"}.get(moment.step) or (
            {"YW5u": "334 UGFzc3dvcmQ6", "aHVzaA==": "235 2.7.0 ok"}.get(moment.argument)
        )

    with ScriptedRelay(decide, Authority(tmp_path).context()) as relay:
        assert [ReceiptKind.ACCEPTED] == submit(relay, Tls.IF_OFFERED, user="ann", password="hush")
        assert ["LOGIN"] == [each.argument for each in relay.seen if each.step == "auth"]


def test_words_slipped_in_before_encryption(authority: Authority) -> None:
    """What arrives in clear behind the go-ahead of STARTTLS was put there by somebody (RFC 3207 §6)."""

    def decide(moment: Moment) -> str | None:
        if moment.step == "starttls":
            return "220 go ahead\r\n250-evil.example\r\n250 AUTH PLAIN"
        return offers_tls(moment)

    with ScriptedRelay(decide, authority.context()) as relay:
        with pytest.raises(RelayError, match="out of turn"):
            submit(relay, Tls.STARTTLS, user="ann", password="hush")
        assert "auth" not in relay.steps()


def test_a_handshake_that_hangs() -> None:
    """It ends by our own clock."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        transport = SmtpTransport([relay_at(silent.getsockname()[1], tls=Tls.IMPLICIT)], Timeouts(connect=0.3))
        with pytest.raises(RelayError, match="handshake"):
            list(transport.submit([letter(1)]))
        transport.close()


def test_a_banner_that_never_comes() -> None:
    """It is not waited for for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        transport = SmtpTransport([relay_at(silent.getsockname()[1])], Timeouts(command=0.2))
        with pytest.raises(RelayError, match=r"within 0\.2 s"):
            list(transport.submit([letter(1)]))
        transport.close()


def test_an_old_relay_is_greeted_as_it_understands(relay: ScriptedRelay) -> None:
    """A relay that knows no EHLO is said HELO, and asked for no extension."""
    said: list[str] = []

    def decide(moment: Moment) -> str | None:
        if moment.step == "ehlo":
            said.append(moment.argument)
            return "502 5.5.1 what?" if len(said) == 1 else "250 old.example"
        return None

    relay.decide = decide
    assert [ReceiptKind.ACCEPTED] == submit(relay, Tls.IF_OFFERED)
    assert said[0] == said[1]
    assert "." in said[0]


class ScramRelay:
    """Knows one password, and shows it (RFC 7677)."""

    def __init__(self, *, is_impostor: bool = False, keeps_proof_back: bool = False) -> None:
        self._is_impostor, self._keeps_proof_back = is_impostor, keeps_proof_back
        self._salted = hashlib.pbkdf2_hmac("sha256", b"hush", b"salt", 4096)
        self._heard: list[str] = []

    def __call__(self, moment: Moment) -> str | None:
        """Answer as a relay that offers SCRAM and PLAIN."""
        if moment.step == "ehlo":
            return "250-scripted.example\r\n250 AUTH PLAIN SCRAM-SHA-256"
        if moment.step == "auth":
            first = base64.b64decode(moment.argument.split()[1]).decode().removeprefix("n,,")
            self._heard = [first, f"{first.split('r=')[1]}more"]
            challenge = f"r={self._heard[1]},s={base64.b64encode(b'salt').decode()},i=4096"
            self._heard[1] = challenge
            return "334 " + base64.b64encode(challenge.encode()).decode()
        if moment.step == "answer":
            return self._conclude(base64.b64decode(moment.argument).decode())
        return None

    def _conclude(self, said: str) -> str:
        if not said:
            return "235 2.7.0 welcome"
        unproven, _, proof = said.partition(",p=")
        spoken = ",".join([*self._heard, unproven]).encode()
        key = hmac.digest(self._salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), spoken, "sha256")
        expected = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        if base64.b64decode(proof) != expected:
            return "535 5.7.8 wrong"
        if self._keeps_proof_back:
            return "235 2.7.0 welcome"
        own = hmac.digest(hmac.digest(self._salted, b"Server Key", "sha256"), spoken, "sha256")
        shown = bytes(32) if self._is_impostor else own
        return "334 " + base64.b64encode(b"v=" + base64.b64encode(shown)).decode()


def test_scram_is_preferred_and_works(relay: ScriptedRelay) -> None:
    """The password itself does not leave."""
    relay.decide = ScramRelay()
    assert [ReceiptKind.ACCEPTED] == submit(relay, Tls.IF_OFFERED, user="ann", password="hush")


@pytest.mark.parametrize(
    ("script", "password"),
    [(ScramRelay(), "wrong"), (ScramRelay(is_impostor=True), "hush"), (ScramRelay(keeps_proof_back=True), "hush")],
)
def test_scram_fails_both_ways(relay: ScriptedRelay, script: ScramRelay, password: str) -> None:
    """We are refused with the wrong password, and refuse a relay that does not know the right one."""
    relay.decide = script
    with pytest.raises(CredentialsError) as caught:
        submit(relay, Tls.IF_OFFERED, user="ann", password=password)
    assert password not in str(caught.value)
    assert "mail" not in relay.steps()


def test_xoauth2_hears_why_not(relay: ScriptedRelay) -> None:
    """The reason of a refusal comes as a challenge, and is answered by nothing."""

    def decide(moment: Moment) -> str | None:
        if moment.step == "ehlo":
            return "250-scripted.example\r\n250 AUTH PLAIN XOAUTH2"
        if moment.step == "auth":
            return "334 " + base64.b64encode(b'{"status":"401"}').decode()
        return "535 5.7.8 token expired" if moment.step == "answer" else None

    relay.decide = decide
    with pytest.raises(CredentialsError):
        submit(relay, Tls.IF_OFFERED, user="ann", password="token", auth="xoauth2")
    assert [""] == [each.argument for each in relay.seen if each.step == "answer"]


@pytest.mark.parametrize("offer", ["250 HELP", "250 AUTH GSSAPI"])
def test_no_way_to_log_in(relay: ScriptedRelay, offer: str) -> None:
    """Credentials that a relay does not ask for are a mistake to be told of, and no refusal."""
    relay.decide = lambda moment: f"250-scripted.example\r\n{offer}" if moment.step == "ehlo" else None
    with pytest.raises(RelayError, match="log in") as caught:
        submit(relay, Tls.IF_OFFERED, user="ann", password="hush")
    assert RelayError is type(caught.value)


def test_what_a_relay_announces() -> None:
    """Keywords are read in any case, and AUTH in its older spelling as well."""
    lines = ("relay.example", "size 1000", "AUTH=LOGIN PLAIN", "AUTH PLAIN XOAUTH2")
    octets = "".join(f"250-{line}\r\n" for line in lines).encode() + b"250 Pipelining\r\n"
    (reply,) = ReplyParser().feed(octets)
    found = Extensions.read(reply)
    assert 1000 == found.largest_message
    assert {"LOGIN", "PLAIN", "XOAUTH2"} == set(found.mechanisms)
    assert "PIPELINING" in found
    assert "RELAY.EXAMPLE" not in found
    assert 0 == Extensions().largest_message


@pytest.mark.parametrize(
    ("said", "expected"),
    [("", 0), ("0", 0), ("9" * 20, 10**20 - 1), ("9" * 21, 0), ("1" * 5000, 0), ("-1", 0), ("many", 0)],
)
def test_a_size_has_twenty_digits_at_most(said: str, expected: int) -> None:
    """Anything else is no SIZE (RFC 1870 §3), and no limit."""
    assert expected == Extensions({"SIZE": said}).largest_message


UNNAMED_ADDRESS = "0.0.0.0"
"""Leads to this machine when it is connected to, and is no address on loopback."""


@pytest.mark.parametrize("fault", ["", "unknown authority"])
def test_a_relay_across_the_network_is_verified_where_it_encrypts(
    authority: Authority, tmp_path: Path, fault: str
) -> None:
    """Not insisting on STARTTLS is no leave to give the password to whoever offers it; verify=no is."""
    signer = authority
    if fault:
        (tmp_path / "other").mkdir()
        signer = Authority(tmp_path / "other")
    with ScriptedRelay(offers_tls, signer.context(UNNAMED_ADDRESS)) as relay:
        way = Relay(UNNAMED_ADDRESS, relay.port, Tls.IF_OFFERED, "ann", "hush", connections=1)
        desk = FakeDesk(1)
        trouble = submit_all(desk, way)
        assert bool(fault) == ("auth" not in relay.steps()) == (trouble is not None)
        assert "certificate" in str(trouble) or not fault
        unverified = FakeDesk(1)
        assert submit_all(unverified, replace(way, verify=False)) is None
        assert {1: ReceiptKind.ACCEPTED} == unverified.kinds()


@pytest.mark.parametrize(
    ("host", "mechanism", "expected"),
    [(UNNAMED_ADDRESS, "PLAIN", 1), ("127.0.0.1", "PLAIN", 0), (UNNAMED_ADDRESS, "SCRAM-SHA-256", 0)],
)
def test_credentials_in_clear_are_told_of_once(
    relay: ScriptedRelay, host: str, mechanism: str, expected: int
) -> None:
    """An operator who allows it hears of it, once for all connections; SCRAM keeps the password to itself."""
    relay.decide = ScramRelay() if mechanism == "SCRAM-SHA-256" else lambda _: None
    way = Relay(host, relay.port, Tls.IF_OFFERED, "ann", "hush", connections=1, per_connection=1)
    with structlog.testing.capture_logs() as logs:
        assert submit_all(FakeDesk(1, 2, 3), way) is None
    assert 3 == relay.steps().count("auth")
    warned = [each for each in logs if each["event"] == "credentials_in_clear"]
    assert [way.name] * expected == [each["relay"] for each in warned]


def test_credentials_wait_for_encryption_that_is_insisted_on(relay: ScriptedRelay) -> None:
    """A relay that offers no STARTTLS hears neither user nor password."""
    with pytest.raises(RelayError, match="STARTTLS"):
        submit(relay, Tls.STARTTLS, user="ann", password="hush")
    assert "auth" not in relay.steps()


def test_certificates_are_verified_unless_told_otherwise() -> None:
    """What a default context verifies stays verified."""
    for tls, verify, expected in (
        (Tls.IMPLICIT, True, ssl.CERT_REQUIRED),
        (Tls.STARTTLS, True, ssl.CERT_REQUIRED),
        (Tls.STARTTLS, False, ssl.CERT_NONE),
        (Tls.IF_OFFERED, True, ssl.CERT_REQUIRED),
        (Tls.IF_OFFERED, False, ssl.CERT_NONE),
    ):
        approach = Approach.towards(Relay("relay.example", 25, tls, verify=verify), QUICK)
        assert (expected, expected is ssl.CERT_REQUIRED) == (
            approach.context.verify_mode,
            approach.context.check_hostname,
        )
    at_home = Approach.towards(Relay("localhost", 25, Tls.IF_OFFERED), QUICK)
    assert ssl.CERT_NONE is at_home.context.verify_mode
