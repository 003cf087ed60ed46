"""The checks that ask the network: is each link's page still there, and each picture.

Asked through the fetcher that gathers, with its guard: no address of a private network, a bounded time and size.
Our own addresses are not asked: they are the readers' own links, and this process may be what serves them.
"""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus

from newsletter.errors import FetchError
from newsletter.gather.http.decoding import TooLargeError
from newsletter.gather.http.fetch import AnswerError, DeadlineError, Fetched, ask_head, fetch
from newsletter.gather.http.network import FetchPolicy, RefusedError, Resolver, resolve
from newsletter.preflight.finding import Finding, block, passed, shown, warn
from newsletter.preflight.leaving import addresses_to_leave
from newsletter.preflight.opened import Opened

MOST_ADDRESSES = 150
"""Addresses of one message that are asked; an edition has some 30."""

ONE_LIMIT = timedelta(seconds=8)
ALL_LIMIT = timedelta(seconds=60)
"""Time for one address, and for all of an edition."""

_TOGETHER = 16
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_SHY = {
    *(HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED),
    *(HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS),
}
"""Answers with which sites refuse programs; a reader in a browser has another."""


@dataclass(slots=True)
class Scout:
    """Asks addresses, each once however many messages have it, for as long as ``limit`` in all.

    ``own`` is where we are reached ourselves.
    """

    policy: FetchPolicy
    own: str = ""
    resolver: Resolver = resolve
    limit: timedelta = ALL_LIMIT
    _known: dict[str, Finding] = field(default_factory=dict)
    _ends_at: float = 0.0

    def check_links(self, message: Opened, more: Iterable[str] = ()) -> Iterator[Finding]:
        """Tell of links of which the page is gone; ``more`` are those that counted links lead to."""
        ways = set(addresses_to_leave(message))
        found = [each.get("href", "").strip() for each in message.elements("a")]
        yield from self._ask([each for each in (*found, *more) if each not in ways], "link")

    def check_pictures(self, message: Opened) -> Iterator[Finding]:
        """Tell of pictures that are gone, or are none."""
        yield from self._ask([each.get("src", "").strip() for each in message.elements("img")], "picture")

    def _ask(self, urls: Iterable[str], kind: str) -> Iterator[Finding]:
        asked = list(dict.fromkeys(each for each in urls if self._is_asked(each)))[:MOST_ADDRESSES]
        unknown = [each for each in asked if f"{kind} {each}" not in self._known]
        policy = replace(self.policy, timeout=min(self.policy.timeout, ONE_LIMIT))
        self._ends_at = self._ends_at or time.monotonic() + self.limit.total_seconds()
        with ThreadPoolExecutor(_TOGETHER) as pool:
            answers = {url: pool.submit(_look, url, kind, policy, self.resolver) for url in unknown}
            for url, answer in answers.items():
                self._known[f"{kind} {url}"] = _heard(answer, self._ends_at - time.monotonic())
        found = [self._known[f"{kind} {url}"] for url in asked]
        yield from (each for each in found if each != _THERE)
        there = sum(each == _THERE for each in found)
        answered = f"{there} of {len(asked)} {kind}s answered well" if asked else f"No {kind} was to be asked"
        yield passed(f"{answered}; our own are not asked.")

    def _is_asked(self, url: str) -> bool:
        is_own = self.own and f"{url.rstrip('/')}/".startswith(f"{self.own.rstrip('/')}/")
        return url.lower().startswith(("http://", "https://")) and not is_own


_THERE = passed("It is there.")


def _heard(answer: Future[Finding], seconds: float) -> Finding:
    try:
        return answer.result(max(seconds, 0.0))
    except TimeoutError:
        answer.cancel()
        return passed("Some addresses were not asked: the time was up.")


def _look(url: str, kind: str, policy: FetchPolicy, resolver: Resolver) -> Finding:
    try:
        return _judge(ask_head(url, policy, resolver), url, kind)
    except RefusedError as error:
        return passed(f"Not asked: {error.what}")
    except FetchError:
        # Some servers answer HEAD badly, or not at all; a reader's program asks with GET.
        pass
    try:
        return _judge(fetch(url, policy, resolver=resolver), url, kind)
    except TooLargeError:
        return _THERE
    except FetchError as error:
        return judge_error(error, url, kind)


def _judge(answer: Fetched, url: str, kind: str) -> Finding:
    """Return what an answer leads to: a picture's has to be one."""
    media_type = answer.content_type.partition(";")[0].strip().lower()
    if kind == "picture" and media_type and not media_type.startswith("image/"):
        return warn(f"A picture's address leads to {shown(media_type, 40)}.", shown(url), "Check the picture.")
    return _THERE


def judge_error(error: FetchError, url: str, kind: str) -> Finding:
    """Return what an answer that brought nothing leads to: only what is gone for certain blocks. Pure."""
    answered = error.answered if isinstance(error, AnswerError) else 0
    if answered in _GONE:
        mend = (
            "Take its article back (newsletter retract ARTICLE): the edition is made anew without it."
            if kind == "link"
            else "Have the edition assembled anew: a picture that cannot be fetched is left out."
        )
        return block(f"A {kind} is gone: {answered}.", shown(url), mend)
    if answered in _SHY:
        return passed(f"A site refuses programs ({answered}), which says nothing of readers: {shown(url)}")
    said = "gave no answer in time" if isinstance(error, DeadlineError) else shown(error.what)
    mend = "Open it in a browser; check again later."
    return warn(f"A {kind} cannot be reached: {said}", shown(url), mend)
