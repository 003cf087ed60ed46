"""Receiving operators, asked of a name server that this file runs on loopback."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.throttling import operator
from newsletter.delivery.throttling.operator import NOBODY, KnownOperators, Operators, operator_of, read_nameserver
from newsletter.errors import SettingsError

SILENT = "silent.example"
BROKEN = "broken.example"


class NameServer(threading.Thread):
    """A name server of one zone's worth of MX records: it counts what it is asked, and can go silent."""

    def __init__(self, zone: dict[str, tuple[int, list[str]]]) -> None:
        super().__init__(daemon=True)
        self.zone = zone
        self.asked: Counter[str] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def run(self) -> None:
        while True:
            wire, asker = self._socket.recvfrom(4096)
            if not wire:
                return
            query = dns.message.from_wire(wire)
            name = query.question[0].name.to_text(omit_final_dot=True)
            self.asked[name] += 1
            if name != SILENT:
                self._socket.sendto(self._answer(query, name).to_wire(), asker)

    def _answer(self, query: dns.message.Message, name: str) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name == BROKEN:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.zone:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif self.zone[name][1]:
            ttl, records = self.zone[name]
            answer.answer.append(dns.rrset.from_text(query.question[0].name, ttl, "IN", "MX", *records))
        return answer

    def stop(self) -> None:
        host, port = self._socket.getsockname()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ender:
            ender.sendto(b"", (host, port))
        self.join()
        self._socket.close()


@pytest.fixture
def server() -> Iterator[NameServer]:
    """Give a running name server."""
    running = NameServer(
        {
            "gmail.com": (600, ["5 gmail-smtp-in.l.google.com.", "10 alt1.gmail-smtp-in.l.google.com."]),
            "firm.example": (60, ["20 mx.backup.example.", "1 ASPMX.L.GOOGLE.COM."]),
            "long.example": (1_000_000, ["10 mx.post.example."]),
            "null.example": (600, ["0 ."]),
            "plain.example": (600, []),
            "xn--bcher-kva.example": (600, ["10 mx1.shelf.example."]),
        }
    )
    running.start()
    yield running
    running.stop()


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["gmail-smtp-in.l.google.com."], "google"),
        (["ASPMX3.GoogleMail.com"], "google"),
        (["mta5.am0.yahoodns.net."], "yahoo"),
        (["firm-example.mail.protection.outlook.com."], "microsoft"),
        (["firm-example.a-v1.mx.microsoft."], "microsoft"),
        (["hotmail-com.olc.protection.outlook.com."], "microsoft"),
        (["mx01.mail.icloud.com."], "apple"),
        (["mx1.eu.protection.example.", "mx.google.com."], "protection.example"),
        (["protection.example."], "protection.example"),
        (["mx.firm.co.uk."], "firm.co.uk"),
        (["mx1.mail.yahoo.co.jp."], "yahoo.co.jp"),
        (["co.uk."], "co.uk"),
        (["mx.firm.de."], "firm.de"),
        (["."], NOBODY),
        ([".", "mx.firm.example."], "here.example"),
        ([], "here.example"),
        (["google."], "here.example"),
        (["google..."], "here.example"),
        (["192.0.2.1"], "here.example"),
        (["mx.notgoogle.com"], "notgoogle.com"),
    ],
)
def test_operator_by_mx_host(hosts: list[str], expected: str) -> None:
    """The most preferred host names the operator; what names none leaves the domain on its own."""
    assert expected == operator_of(hosts, "here.example")


@given(st.lists(st.text(max_size=40), max_size=3))
def test_no_host_poses_as_an_operator(hosts: list[str]) -> None:
    """Whatever a zone says, a name without a dot comes only from our own table or is the domain itself."""
    found = operator_of(hosts, "here.example")
    assert "." in found or found in {"google", "yahoo", "microsoft", "apple", NOBODY}


def test_a_page_of_domains(server: NameServer) -> None:
    """Each domain of a page gets its operator: by MX, by null MX, or itself."""
    page = ["gmail.com", "firm.example", "null.example", "plain.example", "gone.example", BROKEN, "bücher.example"]
    expected = {
        "gmail.com": "google",
        "firm.example": "google",
        "null.example": NOBODY,
        "plain.example": "plain.example",
        "gone.example": "gone.example",
        BROKEN: BROKEN,
        "bücher.example": "shelf.example",
    }
    assert expected == asyncio.run(Operators(server.address).lookup(page))


def test_what_is_no_domain_is_not_asked(server: NameServer) -> None:
    """An address literal and a name that the DNS cannot hold are their own operators."""
    page = ["[192.0.2.1]", "a..b", "x" * 64 + ".example", ""]
    assert {each: each for each in page} == asyncio.run(Operators(server.address).lookup(page))
    assert not server.asked


def test_answers_are_kept_for_their_time(server: NameServer) -> None:
    """An answer is kept for its TTL within five minutes and an hour, and no answer for five minutes."""
    clock = Clock()
    operators = Operators(server.address, seconds=clock)
    page = {"gmail.com", "firm.example", "long.example", "gone.example"}

    def asked_at(now: float) -> set[str]:
        server.asked.clear()
        clock.now = now
        asyncio.run(operators.lookup(page))
        return set(server.asked)

    assert page == asked_at(0)
    assert set() == asked_at(299)
    assert {"firm.example", "gone.example"} == asked_at(300)
    assert {"gmail.com", "firm.example", "gone.example"} == asked_at(600)
    assert "long.example" not in asked_at(3599)
    assert "long.example" in asked_at(3600)


def test_silence_ends(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page with a domain whose DNS never answers comes back with the others, and does not ask again."""
    monkeypatch.setattr(operator, "LIFETIME", 0.5)
    operators = Operators(server.address, seconds=Clock())
    for _ in range(2):
        found = asyncio.run(operators.lookup({SILENT, "gmail.com"}))
        assert {SILENT: SILENT, "gmail.com": "google"} == found
    assert 1 == server.asked["gmail.com"]
    before = server.asked[SILENT]
    asyncio.run(operators.lookup({SILENT}))
    assert before == server.asked[SILENT]


def test_only_so_many_questions_at_once(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of many domains is asked bit by bit, and comes back whole."""
    monkeypatch.setattr(operator, "_MOST_AT_ONCE", 2)
    page = {f"d{number}.example" for number in range(40)}
    assert {each: each for each in page} == asyncio.run(Operators(server.address).lookup(page))
    assert 40 == server.asked.total()


def test_the_oldest_answers_make_room(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded, even when one page is larger than what is kept."""
    monkeypatch.setattr(operator, "_MOST_KEPT", 2)
    operators = Operators(server.address, seconds=Clock())
    assert 3 == len(asyncio.run(operators.lookup({"gmail.com", "firm.example", "long.example"})))
    assert 2 == len(operators._kept)


def test_a_machine_without_a_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system names no resolver, every domain is its own operator."""

    def fail(*_: object, **__: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.asyncresolver, "Resolver", fail)
    assert {"gmail.com": "gmail.com"} == asyncio.run(Operators().lookup({"gmail.com"}))


def test_known_operators_ask_nobody() -> None:
    """The fake knows what it was told."""
    known = KnownOperators({"gmail.com": "google"})
    expected = {"gmail.com": "google", "a.example": "a.example"}
    assert expected == asyncio.run(known.lookup({"gmail.com", "a.example"}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        (" ", None),
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("[::1]", ("::1", 53)),
    ],
)
def test_name_servers(text: str, expected: tuple[str, int] | None) -> None:
    """A name server is an IP address, with a port where it is not the usual one."""
    assert expected == read_nameserver(text)


@pytest.mark.parametrize(
    "text", ["ns.example", "ns.example:53", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:x", ":"]
)
def test_what_is_no_name_server(text: str) -> None:
    """Anything else is refused when the process starts."""
    with pytest.raises(SettingsError, match="OPERATOR_DNS"):
        Operators(text)
