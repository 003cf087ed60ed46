"""Fetching one source over HTTP, safely: a bounded time, a bounded size, public addresses only.

Whatever the other side does (hang, drip, bomb, lie, loop), the caller gets a Fetched or one FetchError
that names the host and the cause, before the deadline and within the memory of the size cap.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

import httpx

from newsletter.errors import FetchError
from newsletter.gather.http.decoding import Decoder
from newsletter.gather.http.network import FetchPolicy, GuardedTransport, Resolver, resolve

MOST_REDIRECTS = 5
LONGEST_RETRY_AFTER = timedelta(days=1)
"""A source may ask us to wait; a typing error of its own must not silence it for ever."""

_PERMANENT = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT}
_REDIRECTS = _PERMANENT | {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT}
_MAX_AGE = re.compile(r"""(?:^|[\s,])max-age\s*=\s*"?([0-9]{1,12})""", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?=$|[\s,=])", re.IGNORECASE)
_GZIP_MAGIC = b"\x1f\x8b"
_FILE_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Validators:
    """What a source gave us to ask "anything new?" with, byte for byte (as Latin-1; RFC 9110 §8.8)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. ``content`` is decoded, and empty when ``not_modified``; ``url`` is where it was found.

    ``permanent_url`` is where the source says it has moved for good (every redirect 301 or 308), else None.
    ``fresh_for`` is how long it says that the answer stays good (max-age), zero where it does not say.
    """

    status: int
    url: str
    content: bytes
    content_type: str
    validators: Validators
    not_modified: bool
    permanent_url: str | None
    retry_after: timedelta | None
    fresh_for: timedelta = timedelta(0)


class AnswerError(FetchError):
    """The source answered, with a status that brings no content.

    ``answered`` is its status; ``retry_after`` how long it asks us to wait, at most a day, or None.
    """

    def __init__(self, host: str, answered: int, retry_after: timedelta | None) -> None:
        phrase = _phrase(answered)
        wait = f" and asks to wait {_seconds(retry_after)}" if retry_after else ""
        super().__init__(f"{host} answered {answered}{phrase}{wait}.", _mend(answered))
        self.answered = answered
        self.retry_after = retry_after


class DeadlineError(FetchError):
    """The whole answer did not arrive in the time the policy allows."""

    status = 504


def fetch(
    url: str,
    policy: FetchPolicy,
    known: Validators | None = None,
    resolver: Resolver = resolve,
    accept: str = "*/*",
) -> Fetched:
    """Fetch a URL; blocks until the answer is whole or the policy's deadline has passed.

    One connection at a time, closed at the end. ``accept`` is the Accept header. Raises FetchError: RefusedError,
    AnswerError, DeadlineError, TooLargeError, or itself for the rest.
    """
    return asyncio.run(_fetch(url, policy, _Question(known or Validators(), accept), resolver))


def ask_head(url: str, policy: FetchPolicy, resolver: Resolver = resolve) -> Fetched:
    """Ask what is at a URL without having it sent (HEAD, RFC 9110 §9.3.2); the content of the answer is empty.

    Raises as ``fetch``.
    """
    return asyncio.run(_fetch(url, policy, _Question(Validators(), "*/*", "HEAD"), resolver))


@dataclass(frozen=True, slots=True)
class _Question:
    known: Validators
    accept: str
    method: str = "GET"

    def headers(self, policy: FetchPolicy) -> list[tuple[bytes, bytes]]:
        headers = {
            "User-Agent": policy.user_agent,
            "Accept": self.accept,
            # No br: only what can be undone under a cap without a library of its own is asked for.
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
            "If-None-Match": self.known.etag,
            "If-Modified-Since": self.known.last_modified,
        }
        return [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items() if value]


async def _fetch(url: str, policy: FetchPolicy, question: _Question, resolver: Resolver) -> Fetched:
    seconds = policy.timeout.total_seconds()
    host = _host(url)
    try:
        with _told_of(host):
            async with (
                asyncio.timeout(seconds),
                httpx.AsyncClient(
                    transport=GuardedTransport(policy, resolver),
                    # A host may have a dead address before a live one: none gets the whole time.
                    timeout=httpx.Timeout(None, connect=seconds / 3),
                    trust_env=False,
                ) as client,
            ):
                return await _follow(client, httpx.URL(url), policy, question)
    except TimeoutError:
        raise DeadlineError(
            f"{host} timed out after {_seconds(policy.timeout)}.", "GATHER_TIMEOUT sets the limit."
        ) from None


async def _follow(client: httpx.AsyncClient, url: httpx.URL, policy: FetchPolicy, question: _Question) -> Fetched:
    seen: list[httpx.URL] = []
    is_permanent = True
    while url not in seen:
        seen.append(url)
        if len(seen) > MOST_REDIRECTS + 1:
            raise FetchError(f"{seen[0].host} redirects more than {MOST_REDIRECTS} times.")
        async with client.stream(question.method, url, headers=question.headers(policy)) as response:
            location = response.headers.get("location", "")
            if response.status_code not in _REDIRECTS or not location:
                moved_to = str(url) if len(seen) > 1 and is_permanent else None
                return await _answer(response, policy, question.known, moved_to)
            is_permanent = is_permanent and response.status_code in _PERMANENT
            with _told_of(url.host):
                url = url.join(location).copy_with(fragment=None)
    raise FetchError(f"{seen[0].host} redirects in a loop.", "Check the source's URL in a browser.")


async def _answer(
    response: httpx.Response, policy: FetchPolicy, known: Validators, moved_to: str | None
) -> Fetched:
    host = response.url.host
    status = response.status_code
    retry_after = read_retry_after(response.headers.get("retry-after", ""), datetime.now(UTC))
    not_modified = status == HTTPStatus.NOT_MODIFIED and known != Validators()
    content = b""
    if not not_modified:
        if not response.is_success:
            raise AnswerError(host, status, retry_after)
        if response.request.method != "HEAD":
            content = await _content(response, policy)
    fresh = Validators(_raw(response, b"etag"), _raw(response, b"last-modified"))
    return Fetched(
        status=status,
        url=str(response.url),
        content=content,
        content_type=response.headers.get("content-type", ""),
        # A 304 need not repeat what it confirms (RFC 9110 §15.4.5).
        validators=known if not_modified and fresh == Validators() else fresh,
        not_modified=not_modified,
        permanent_url=moved_to,
        retry_after=retry_after,
        fresh_for=read_freshness(response.headers.get("cache-control", ""), response.headers.get("age", "")),
    )


async def _content(response: httpx.Response, policy: FetchPolicy) -> bytes:
    decoder = Decoder(response.url.host, response.headers.get("content-encoding", ""), policy.max_bytes)
    async for piece in response.aiter_raw():
        decoder.feed(piece)
    return decoder.finish()


def _raw(response: httpx.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers.raw if key.lower() == name), "")


@contextlib.contextmanager
def _told_of(host: str) -> Iterator[None]:
    """Turn every error of the network's libraries into one sentence about the host."""
    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError, ValueError) as error:
        raise FetchError(f"{host} cannot be fetched: {_line(error)}.", "Check the source's URL.") from None
    except TimeoutError:
        raise
    except OSError as error:
        raise FetchError(f"{host} cannot be reached: {_line(error)}.") from None
    except httpx.TransportError as error:
        where = _asked(error, host)
        if isinstance(error.__cause__, ssl.SSLError) or "SSL" in str(error):
            raise FetchError(f"{where} failed at TLS: {_line(error)}.") from None
        if isinstance(error, httpx.ConnectTimeout):
            raise DeadlineError(f"{where} timed out: no connection was made.") from None
        if isinstance(error, httpx.ConnectError):
            raise FetchError(f"{where} cannot be reached: {_line(error)}.") from None
        raise FetchError(f"{where} broke off its answer: {_line(error)}.") from None


def _asked(error: httpx.TransportError, host: str) -> str:
    """Name the host whose request failed: after a redirect it is not the one we began with."""
    try:
        return error.request.url.host or host
    except RuntimeError:
        return host


def read_retry_after(value: str, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or a date (RFC 9110 §10.2.3); None when it says nothing."""
    value = value.strip()
    try:
        if value.isascii() and value.isdigit():
            wait = timedelta(seconds=min(int(value[:12]), LONGEST_RETRY_AFTER.total_seconds()))
        else:
            date = parsedate_to_datetime(value)
            wait = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_RETRY_AFTER)


def read_freshness(cache_control: str, age: str) -> timedelta:
    """Return how long an answer stays good: its max-age less its Age, at most a day (RFC 9111 §4.2).

    Zero where it says nothing, or that it is not to be kept.
    """
    found = None if _NOT_KEPT.search(cache_control) else _MAX_AGE.search(cache_control)
    if found is None:
        return timedelta(0)
    age = age.strip()[:12]
    seconds = int(found.group(1)) - (int(age) if age.isascii() and age.isdigit() else 0)
    return timedelta(seconds=min(max(seconds, 0), LONGEST_RETRY_AFTER.total_seconds()))


def read_file(path: Path, max_bytes: int) -> bytes:
    """Read a file, plain or gzip, of at most ``max_bytes`` decoded; raises FetchError."""
    try:
        with path.open("rb") as file:
            piece = file.read(_FILE_PIECE)
            decoder = Decoder(str(path), "gzip" if piece.startswith(_GZIP_MAGIC) else "", max_bytes)
            while piece:
                decoder.feed(piece)
                piece = file.read(_FILE_PIECE)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FetchError(f"{path} cannot be read: {reason}.", "Check the name.") from None
    return decoder.finish()


def _host(url: str) -> str:
    """Name the host of a URL for a sentence, without the password a URL may carry."""
    try:
        return httpx.URL(url).host or "The URL"
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return "The URL"


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} s"


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:200] or "no reason was given"


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def _mend(status: int) -> str:
    if status == HTTPStatus.GONE:
        return "The source is gone for good: remove it."
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return "It is asked again later."
    return "Check the source's URL in a browser."
