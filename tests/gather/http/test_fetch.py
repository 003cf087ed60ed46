"""Fetching from servers that misbehave."""

import asyncio
import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from newsletter.errors import FetchError
from newsletter.gather.http.decoding import TooLargeError
from newsletter.gather.http.fetch import (
    AnswerError,
    DeadlineError,
    Validators,
    fetch,
    read_file,
    read_freshness,
    read_retry_after,
)
from newsletter.gather.http.network import FetchPolicy, GuardedTransport, RefusedError
from tests.gather.web import Server, Visit

SHORT = timedelta(seconds=0.4)
NOW = datetime(2026, 8, 13, 12, tzinfo=UTC)


def test_an_answer_comes_back_whole(server: Server, policy: FetchPolicy) -> None:
    """Content, kind, address and validators of a good answer reach the caller."""
    url = server.serve(
        "/feed",
        lambda visit: visit.answer(200, b"<rss/>", Content_Type="text/xml", ETag='W/"1"', Last_Modified="x"),
    )
    fetched = fetch(url, policy)
    assert (fetched.status, fetched.content, fetched.content_type) == (200, b"<rss/>", "text/xml")
    assert (fetched.url, fetched.permanent_url) == (url, None)
    assert fetched.validators == Validators('W/"1"', "x")


def test_we_say_who_asks(server: Server, policy: FetchPolicy) -> None:
    """The User-Agent carries the contact, and only encodings we can cap are asked for."""
    fetch(server.serve("/feed", lambda visit: visit.answer(200)), policy)
    seen = server.headers_seen[0]
    assert seen["User-Agent"] == "newsletter (+https://news.example/contact)"
    assert seen["Accept-Encoding"] == "gzip, deflate"


def test_validators_go_back_byte_for_byte(server: Server, policy: FetchPolicy) -> None:
    """An odd ETag and date are repeated exactly, and a 304 keeps them."""
    known = Validators('"caf\u00c3\u00a9--gzip"', "Thu, 13 Aug 2026 04:24:00 +0000")
    fetched = fetch(server.serve("/feed", lambda visit: visit.answer(304)), policy, known)
    assert server.headers_seen[0]["If-None-Match"] == known.etag
    assert server.headers_seen[0]["If-Modified-Since"] == known.last_modified
    assert (fetched.not_modified, fetched.content, fetched.validators) == (True, b"", known)


def test_a_304_nobody_asked_for_is_an_error(server: Server, policy: FetchPolicy) -> None:
    """A server that says "unchanged" to a first request has given us nothing."""
    with pytest.raises(AnswerError, match="304 Not Modified"):
        fetch(server.serve("/feed", lambda visit: visit.answer(304)), policy)


def test_a_server_that_hangs_ends_at_the_deadline(server: Server, policy: FetchPolicy) -> None:
    """Silence after the request is told as a time-out."""

    def hang(visit: Visit) -> None:
        visit.server.over.wait()

    url = server.serve("/hang", hang)
    with pytest.raises(DeadlineError, match=r"127\.0\.0\.1 timed out after 0\.4 s"):
        fetch(url, replace(policy, timeout=SHORT))


def test_a_server_that_drips_ends_at_the_deadline(server: Server, policy: FetchPolicy) -> None:
    """Bytes that keep coming do not extend the total time."""

    def drip(visit: Visit) -> None:
        visit.start(200)
        while not visit.server.over.wait(0.05):
            visit.put(b"x")

    with pytest.raises(DeadlineError):
        fetch(server.serve("/drip", drip), replace(policy, timeout=SHORT))
    assert 0 < server.sent < 1_000


def test_a_name_server_that_hangs_ends_at_the_deadline(policy: FetchPolicy) -> None:
    """Looking up the name counts as part of the total time."""

    async def silent(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return [host, str(port)]

    with pytest.raises(DeadlineError, match=r"slow\.example timed out"):
        fetch("http://slow.example/", replace(policy, timeout=SHORT), resolver=silent)


def test_200_megabytes_stop_at_the_cap(server: Server, policy: FetchPolicy) -> None:
    """The connection is closed long before the server has sent everything."""

    def flood(visit: Visit) -> None:
        visit.start(200)
        for _ in range(200):
            visit.put(b"x" * 1_000_000)

    with pytest.raises(TooLargeError, match=r"127\.0\.0\.1 answered with more than 1 MB"):
        fetch(server.serve("/flood", flood), policy)
    assert server.sent < 50_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_stops_at_the_cap(server: Server, policy: FetchPolicy, encoding: str) -> None:
    """A small compressed answer that unfolds to 100 MB is refused by its decoded size."""
    zeros = bytes(100_000_000)
    bomb = gzip.compress(zeros) if encoding == "gzip" else zlib.compress(zeros)
    url = server.serve("/bomb", lambda visit: visit.answer(200, bomb, Content_Encoding=encoding))
    with pytest.raises(TooLargeError):
        fetch(url, policy)


def test_a_redirect_loop_is_named(server: Server, policy: FetchPolicy) -> None:
    """Two addresses that point at each other end at once."""
    server.serve("/b", lambda visit: visit.answer(302, Location="/a"))
    with pytest.raises(FetchError, match="redirects in a loop"):
        fetch(server.serve("/a", lambda visit: visit.answer(302, Location="/b")), policy)
    assert server.visits == ["/a", "/b"]


def test_redirects_without_end_are_given_up(server: Server, policy: FetchPolicy) -> None:
    """At most five redirects are followed."""
    for step in range(10):
        server.serve(f"/{step}", lambda visit, step=step: visit.answer(302, Location=f"/{step + 1}"))  # type: ignore[misc]  # mypy cannot infer a lambda's default
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        fetch(f"{server.origin}/0", policy)
    assert server.visits == [f"/{step}" for step in range(6)]


@pytest.mark.parametrize(("status", "is_permanent"), [(301, True), (308, True), (302, False), (307, False)])
def test_only_permanent_redirects_move_a_source(
    server: Server, policy: FetchPolicy, status: int, *, is_permanent: bool
) -> None:
    """A new address is reported only if every redirect on the way was permanent."""
    new = server.serve("/new", lambda visit: visit.answer(200, b"<rss/>"))
    server.serve("/mid", lambda visit: visit.answer(status, Location="/new"))
    fetched = fetch(server.serve("/old", lambda visit: visit.answer(301, Location="/mid#top")), policy)
    assert (fetched.url, fetched.permanent_url) == (new, new if is_permanent else None)


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]/", "file:///etc/passwd"]
)
def test_a_redirect_to_our_own_network_is_refused(server: Server, policy: FetchPolicy, target: str) -> None:
    """Trusting one origin does not extend to where it redirects."""
    strict = replace(policy, allow_private=False, trusted_origins=frozenset({server.origin}))
    with pytest.raises(FetchError, match=r"is refused|is not fetched"):
        fetch(server.serve("/go", lambda visit: visit.answer(302, Location=target)), strict)


def test_a_redirect_to_another_port_of_loopback_is_refused(server: Server, policy: FetchPolicy) -> None:
    """The origin that is trusted includes its port: another server beside it stays out of reach."""
    canary = Server()
    strict = replace(policy, allow_private=False, trusted_origins=frozenset({server.origin}))
    with pytest.raises(RefusedError, match="ALLOW_PRIVATE_SOURCES"):
        fetch(server.serve("/go", lambda visit: visit.answer(302, Location=f"{canary.origin}/x")), strict)
    canary.server_close()
    assert (server.visits, canary.visits) == (["/go"], [])


def test_a_refusal_carries_its_status_and_the_wait(server: Server, policy: FetchPolicy) -> None:
    """What the poll needs to decide when to ask again is on the error."""
    url = server.serve("/feed", lambda visit: visit.answer(503, Retry_After="120"))
    with pytest.raises(AnswerError, match="answered 503 Service Unavailable and asks to wait 120 s") as caught:
        fetch(url, policy)
    assert (caught.value.answered, caught.value.retry_after) == (503, timedelta(minutes=2))


@pytest.mark.parametrize(("status", "words"), [(404, "404 Not Found"), (410, "gone for good"), (599, "599")])
def test_other_statuses_are_told(server: Server, policy: FetchPolicy, status: int, words: str) -> None:
    """The sentence names the status, known to us or not."""
    with pytest.raises(AnswerError, match=words):
        fetch(server.serve("/feed", lambda visit: visit.answer(status)), policy)


def test_an_answer_cut_short_is_an_error(server: Server, policy: FetchPolicy) -> None:
    """Half an answer is not taken for a short one, compressed or not."""
    half = gzip.compress(b"<rss/>" * 100)[:-12]
    plain = server.serve("/plain", lambda visit: visit.answer(200, b"<rs", Content_Length="100"))
    packed = server.serve("/packed", lambda visit: visit.answer(200, half, Content_Encoding="gzip"))
    with pytest.raises(FetchError, match="broke off its answer"):
        fetch(plain, policy)
    with pytest.raises(FetchError, match="cut short"):
        fetch(packed, policy)


def test_an_encoding_nobody_asked_for_is_refused(server: Server, policy: FetchPolicy) -> None:
    """What cannot be decoded under the cap is not decoded at all."""
    with pytest.raises(FetchError, match="'br', which we did not ask for"):
        fetch(server.serve("/br", lambda visit: visit.answer(200, b"x", Content_Encoding="br")), policy)


def test_a_closed_port_is_told(policy: FetchPolicy) -> None:
    """No traceback of a library reaches the person, only a sentence with the host."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 cannot be reached"):
        fetch(f"http://127.0.0.1:{port}/", policy)


@pytest.mark.parametrize(
    "url", ["", "feed.xml", "http://", "http://[", "gopher://a.org/", "http://a b/", "\ud800"]
)
def test_a_url_that_is_none_is_told(policy: FetchPolicy, url: str) -> None:
    """Whatever is typed as a URL ends in a FetchError."""
    with pytest.raises(FetchError):
        fetch(url, replace(policy, timeout=SHORT))


def test_a_plain_server_asked_for_tls_is_told(server: Server, policy: FetchPolicy) -> None:
    """A failed handshake is named as such."""
    with pytest.raises(FetchError, match="failed at TLS"):
        fetch(f"https://127.0.0.1:{server.server_port}/", policy)


def test_a_password_in_a_url_stays_out_of_the_sentence(server: Server, policy: FetchPolicy) -> None:
    """Errors name the host, never the credentials before it."""
    url = server.serve("/feed", lambda visit: visit.answer(404)).replace("//", "//jo:secret@")
    with pytest.raises(AnswerError) as caught:
        fetch(url, policy)
    assert "secret" not in str(caught.value)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program openssl to make a certificate")
@pytest.mark.parametrize(("host", "is_right"), [("right.example", True), ("wrong.example", False)])
def test_a_certificate_is_checked_against_the_name(
    tmp_path: Path, policy: FetchPolicy, host: str, *, is_right: bool
) -> None:
    """Connecting to the judged address keeps the name in the handshake and in the check."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=right.example"
    extra = ["-addext", "subjectAltName=DNS:right.example", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *extra], check=True, capture_output=True)
    server = Server()
    server.serve("/", lambda visit: visit.answer(200, b"hello"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake is the point here
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()

    async def loopback(name: str, port: int) -> list[str]:
        assert (name, port) == (host, server.server_port)
        return ["127.0.0.1"]

    async def get() -> bytes:
        trusting = ssl.create_default_context(cafile=certificate)
        transport = GuardedTransport(policy, loopback, verify=trusting)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            return (await client.get(f"https://{host}:{server.server_port}/")).content

    try:
        if is_right:
            assert asyncio.run(get()) == b"hello"
            assert server.headers_seen[0]["Host"] == f"{host}:{server.server_port}"
        else:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                asyncio.run(get())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("Thu, 13 Aug 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Thu, 13 Aug 2020 12:01:00 GMT", timedelta(0)),
        ("9" * 40, timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_read(value: str, wait: timedelta | None) -> None:
    """Seconds and dates are understood, nonsense is nothing, and no wait exceeds a day."""
    assert read_retry_after(value, NOW) == wait


@pytest.mark.parametrize(
    ("cache_control", "age", "seconds"),
    [
        ("max-age=300", "", 300),
        ('public, MAX-AGE="300", must-revalidate', "100", 200),
        ("max-age=300", "400", 0),
        ("max-age=300", "old", 300),
        ("max-age=" + "9" * 12, "", 86_400),
        ("s-maxage=300", "", 0),
        ("no-store, max-age=300", "", 0),
        ("max-age=300,no-cache", "", 0),
        ("max-age=-1", "", 0),
        ("", "5", 0),
    ],
)
def test_freshness_is_read(cache_control: str, age: str, seconds: int) -> None:
    """max-age counts from when the answer was made, and not where it is not to be kept."""
    assert timedelta(seconds=seconds) == read_freshness(cache_control, age)


def test_what_is_accepted_is_said(server: Server, policy: FetchPolicy) -> None:
    """Each kind of source is asked for what it is read as."""
    fetch(server.serve("/page", lambda visit: visit.answer(200)), policy, accept="text/html")
    assert server.headers_seen[0]["Accept"] == "text/html"


def test_a_file_is_read_plain_or_packed(tmp_path: Path) -> None:
    """The first bytes decide, not the name."""
    (tmp_path / "a").write_bytes(b"<rss/>")
    (tmp_path / "b").write_bytes(gzip.compress(b"<rss>") + gzip.compress(b"</rss>"))
    assert read_file(tmp_path / "a", 100) == b"<rss/>"
    assert read_file(tmp_path / "b", 100) == b"<rss></rss>"


def test_a_file_is_capped_like_an_answer(tmp_path: Path) -> None:
    """A bomb on disk stops at the same limit; a missing file and a folder are told."""
    (tmp_path / "bomb").write_bytes(gzip.compress(bytes(10_000_000)))
    with pytest.raises(TooLargeError, match="more than 1 MB"):
        read_file(tmp_path / "bomb", 1_000_000)
    for name in ("missing", ".", "nul\0"):
        with pytest.raises(FetchError, match="cannot be read"):
            read_file(tmp_path / name, 100)
