"""Which addresses may be connected to."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config import Settings
from newsletter.errors import FetchError
from newsletter.gather.http.fetch import fetch
from newsletter.gather.http.network import FetchPolicy, RefusedError, check_address, check_url, resolve
from tests.gather.web import Server


@pytest.fixture
def strict(policy: FetchPolicy) -> FetchPolicy:
    """Make a policy for the public Internet only."""
    return replace(policy, allow_private=False)


@pytest.mark.parametrize(
    "answer",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_addresses_of_no_public_server_are_refused(strict: FetchPolicy, answer: str) -> None:
    """Loopback, private, shared, documentation, multicast, reserved and tunnelled addresses are refused."""
    with pytest.raises(RefusedError, match=r"news\.example is refused"):
        check_address("news.example", answer, strict)


@pytest.mark.parametrize(
    ("answer", "reached"),
    [
        ("93.184.216.34", "93.184.216.34"),
        ("2606:2800:220:1::1", "2606:2800:220:1::1"),
        ("::ffff:93.184.216.34", "93.184.216.34"),
        ("64:ff9b::5db8:d822", "93.184.216.34"),
    ],
)
def test_public_addresses_are_reached(strict: FetchPolicy, answer: str, reached: str) -> None:
    """Public addresses pass, unwrapped from IPv6 where they are IPv4."""
    assert str(check_address("news.example", answer, strict)) == reached


@pytest.mark.parametrize(("answer", "passes"), [("10.0.0.1", True), ("::1", True), ("169.254.169.254", False)])
def test_private_sources_may_be_allowed_but_never_metadata(
    policy: FetchPolicy, answer: str, *, passes: bool
) -> None:
    """ALLOW_PRIVATE_SOURCES opens one's own network, not the link that cloud metadata lives on."""
    if passes:
        assert str(check_address("own.example", answer, policy)) == answer
    else:
        with pytest.raises(RefusedError):
            check_address("own.example", answer, policy)


@given(st.ip_addresses())
def test_every_address_is_public_or_refused(address: object) -> None:
    """No address passes that Python's own table does not call global."""
    strict = FetchPolicy.from_settings(Settings.from_environment(allow_private_sources=False))
    with suppress(RefusedError):
        assert check_address("any.example", str(address), strict).is_global


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "gopher://a.org/", "ftp://a.org/", "http://a.org:22/", "https://a.org:8443/", "a.org"],
)
def test_other_protocols_and_ports_are_refused(strict: FetchPolicy, url: str) -> None:
    """Only http and https on their own ports reach the public Internet."""
    with pytest.raises(RefusedError):
        check_url(httpx.URL(url), strict)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "localhost", "[::ffff:127.0.0.1]"]
)
def test_no_spelling_of_loopback_reaches_it(server: Server, strict: FetchPolicy, host: str) -> None:
    """However loopback is written, no request arrives."""
    with pytest.raises(FetchError):
        fetch(f"http://{host}:{server.server_port}/", strict)
    with pytest.raises(FetchError):
        fetch(f"http://{host}/", strict)
    assert server.visits == []


def test_a_name_is_asked_for_once_a_request(server: Server, policy: FetchPolicy) -> None:
    """Between the check and the connection there is no second look-up that could answer otherwise."""
    answers = ["127.0.0.1", "169.254.169.254"]

    async def rebinding(host: str, port: int) -> list[str]:
        assert (host, port) == ("rebind.example", server.server_port)
        return [answers.pop(0)]

    server.serve("/feed", lambda visit: visit.answer(200, b"<rss/>"))
    assert fetch(f"http://rebind.example:{server.server_port}/feed", policy, resolver=rebinding).status == 200
    assert answers == ["169.254.169.254"]


def test_a_name_is_judged_anew_at_each_redirect(server: Server, policy: FetchPolicy) -> None:
    """A host that passed once is refused when it answers with a forbidden address the next time."""
    answers = ["127.0.0.1", "169.254.169.254"]

    async def rebinding(host: str, port: int) -> list[str]:
        assert (host, port) == ("rebind.example", server.server_port)
        return [answers.pop(0)]

    server.serve("/go", lambda visit: visit.answer(302, Location="/secret"))
    with pytest.raises(RefusedError, match=r"169\.254\.169\.254"):
        fetch(f"http://rebind.example:{server.server_port}/go", policy, resolver=rebinding)
    assert server.visits == ["/go"]


def test_one_private_answer_among_public_ones_refuses_all(strict: FetchPolicy) -> None:
    """A mixed answer is an attempt, not a second server."""

    async def mixed(host: str, port: int) -> list[str]:
        assert (host, port) == ("mixed.example", 443)
        return ["93.184.216.34", "127.0.0.1"]

    with pytest.raises(RefusedError, match=r"127\.0\.0\.1 is a private address"):
        fetch("https://mixed.example/", strict, resolver=mixed)


def test_the_request_goes_to_the_judged_address_with_the_hosts_own_name(
    server: Server, policy: FetchPolicy
) -> None:
    """A host is found by its address and addressed by its name, after a dead address too."""

    async def named(host: str, port: int) -> list[str]:
        assert (host, port) == ("named.example", server.server_port)
        return ["127.0.0.2", "127.0.0.1"]

    server.serve("/feed", lambda visit: visit.answer(200, b"<rss/>"))
    url = f"http://named.example:{server.server_port}/feed"
    assert fetch(url, policy, resolver=named).url == url
    assert server.headers_seen[0]["Host"] == f"named.example:{server.server_port}"


def test_a_trusted_origin_is_reached_though_private(server: Server, strict: FetchPolicy) -> None:
    """The operator vouches for an origin by naming it, port included."""
    trusting = replace(strict, trusted_origins=frozenset({server.origin}))
    server.serve("/feed", lambda visit: visit.answer(200, b"<rss/>"))
    assert fetch(f"{server.origin}/feed", trusting).content == b"<rss/>"


def test_the_system_resolves_names() -> None:
    """The real resolver gives numeric addresses, and OSError for a name without any."""
    assert "127.0.0.1" in asyncio.run(resolve("127.0.0.1", 80))
    with pytest.raises(OSError, match=r"."):
        asyncio.run(resolve("no host \0", 80))


def test_the_policy_follows_the_settings() -> None:
    """Every limit of a fetch is the operator's."""
    settings = Settings.from_environment(contact_url="https://a.org/c", gather_timeout="5", gather_max_bytes=7)
    policy = FetchPolicy.from_settings(settings, ["http://localhost:8000"])
    assert (policy.timeout.total_seconds(), policy.max_bytes) == (5, 7)
    assert policy.user_agent == "newsletter (+https://a.org/c)"
    assert policy.trusts(httpx.URL("http://localhost:8000/sample/feed.xml"))
    assert not policy.trusts(httpx.URL("http://localhost:8001/"))
