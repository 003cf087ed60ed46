"""Whether a site lets programs read its pages: robots.txt, as RFC 9309 has it.

A feed is published for programs and is read without asking. A page is published for people, so the site is
asked first, by the same safe fetch as everything else and at most once in a while. What its rules mean is
protego's work; what reaches protego is bounded here, for a rule of every group costs memory.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx
from protego import Protego

from newsletter import log
from newsletter.errors import FetchError
from newsletter.gather.http.fetch import AnswerError, fetch
from newsletter.gather.http.network import FetchPolicy, Resolver, resolve

_log = log.get("gather")

KEPT_FOR = timedelta(hours=12)
"""RFC 9309 §2.4: a copy is not used for longer than a day."""
UNREACHABLE_FOR = timedelta(minutes=15)
"""How long a site that could not be asked is left alone before it is asked again."""
LONGEST_DELAY = timedelta(seconds=30)
"""A Crawl-delay beyond this would keep an edition's pages from being read at all."""
MOST_BYTES = 512_000
"""RFC 9309 §2.5: at least 500 KiB are read; what follows is not."""
MOST_HOSTS = 64
MOST_BYTES_KEPT = 2 * MOST_BYTES

_USER_AGENT = re.compile(r"\s*user[- ]?agent\s*:?([^#]*)", re.IGNORECASE)
_SOMEBODY_ELSE = "somebody-else"
_NOBODY = "User-agent: *\nDisallow: /"


class RobotsError(FetchError):
    """A page that its site does not let programs read."""

    status = 403


@dataclass(frozen=True, slots=True)
class _Copy:
    """One host's rules. ``is_heard`` is False where the site could not be asked, and so allows nothing."""

    rules: Protego
    until: datetime
    size: int
    is_heard: bool


class Robots:
    """The rules of the sites met lately; one object may serve all threads of a process."""

    def __init__(self, policy: FetchPolicy, clock: Callable[[], datetime], resolver: Resolver = resolve) -> None:
        self._policy = replace(policy, max_bytes=max(policy.max_bytes, MOST_BYTES))
        self._clock = clock
        self._resolver = resolver
        self._name = product_token(policy.user_agent)
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        self._gates: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def allows(self, url: str) -> bool:
        """Whether the URL's site lets us read it.

        Yes where it has no robots.txt (RFC 9309 §2.3.1.3, any 4xx); no for now where it cannot be asked
        (§2.3.1.4), unless a copy from before says otherwise; no for what is no web address. Blocks for one fetch
        at most; never raises.
        """
        rules = self._rules(url)
        try:
            return rules is not None and rules.can_fetch(url, self._name)
        except ValueError:  # urllib takes fewer spellings of a URL than httpx
            return False

    def check(self, url: str) -> None:
        """Raise RobotsError where the URL's site does not let us read it."""
        if not self.allows(url):
            raise RobotsError(
                f"{_host(url)} does not let programs read this page.",
                "Its robots.txt says so, or did not answer; ask the site, or gather its feed.",
            )

    def delay(self, url: str) -> timedelta:
        """Return the time the site asks for between two requests (Crawl-delay), at most LONGEST_DELAY."""
        rules = self._rules(url)
        seconds = (rules and rules.crawl_delay(self._name)) or 0.0
        return timedelta(seconds=min(seconds, LONGEST_DELAY.total_seconds()))

    def _rules(self, url: str) -> Protego | None:
        try:
            root = httpx.URL(url).copy_with(path="/robots.txt", query=None, fragment=None)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            return None
        if root.scheme not in {"http", "https"} or not root.host:
            return None
        key = str(root)
        with self._lock:
            gate = self._gates.setdefault(key, threading.Lock())
        with gate:  # threads that want the same site's rules together ask once
            now = self._clock()
            with self._lock:
                kept = self._copies.get(key)
            if kept is None or kept.until <= now:
                kept = self._ask(key, now, kept)
            self._keep(key, kept)
        return kept.rules

    def _ask(self, address: str, now: datetime, before: _Copy | None) -> _Copy:
        try:
            content = fetch(address, self._policy, resolver=self._resolver).content
        except AnswerError as error:
            if HTTPStatus.BAD_REQUEST <= error.answered < HTTPStatus.INTERNAL_SERVER_ERROR:
                return _Copy(Protego.parse(""), now + KEPT_FOR, 0, is_heard=True)
            return self._unheard(address, now, before, error)
        except FetchError as error:
            return self._unheard(address, now, before, error)
        text = relevant(content[:MOST_BYTES].decode("utf-8-sig", "replace"), self._name)
        return _Copy(Protego.parse(text), now + KEPT_FOR, len(text), is_heard=True)

    def _unheard(self, address: str, now: datetime, before: _Copy | None, error: FetchError) -> _Copy:
        _log.warning("robots_unreachable", url=address, error=str(error))
        if before is not None and before.is_heard:
            return replace(before, until=now + UNREACHABLE_FOR)
        return _Copy(Protego.parse(_NOBODY), now + UNREACHABLE_FOR, len(_NOBODY), is_heard=False)

    def _keep(self, key: str, copy: _Copy) -> None:
        with self._lock:
            self._gates.pop(key, None)
            self._copies[key] = copy
            self._copies.move_to_end(key)
            kept = sum(each.size for each in self._copies.values())
            while len(self._copies) > MOST_HOSTS or (kept > MOST_BYTES_KEPT and len(self._copies) > 1):
                _, dropped = self._copies.popitem(last=False)
                kept -= dropped.size


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host or "The URL"
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return "The URL"


def product_token(user_agent: str) -> str:
    """Return the name by which robots.txt may address us (RFC 9309 §2.2.1): "newsletter"."""
    found = re.match(r"[A-Za-z_-]*", user_agent)
    return found.group().lower() if found else ""


def relevant(text: str, name: str) -> str:
    """Return a robots.txt in which whoever is neither us nor everybody has one name.

    The name must be ours as a whole (§2.2.1: "news" is somebody else), and sixteen thousand names before as many
    rules must not become a rule for each pair.
    """

    def renamed(line: str) -> str:
        found = _USER_AGENT.match(line)
        if found is None:
            return line
        asked = found.group(1).strip()
        is_us = product_token(asked) == name
        return f"User-agent: {'*' if asked == '*' else name if is_us else _SOMEBODY_ELSE}"

    return "\n".join(renamed(line) for line in text.splitlines())
