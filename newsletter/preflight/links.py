"""The check of links: each leads somewhere that a reader can reach, and where it says. Pure."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from newsletter.preflight.expected import Expected, host_of, is_private, is_reserved, parts_of
from newsletter.preflight.finding import Finding, block, shown, warn
from newsletter.preflight.opened import Opened, words_of

_SCHEMES = {"http", "https", "mailto", "tel"}
_NOTHING = {"none", "null", "undefined", "nan"}
_HOST = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/\S*)?", re.IGNORECASE)


def check_links(message: Opened, expected: Expected) -> Iterator[Finding]:
    """Whether each link has an address, of a kind that mail programs open, and none of a private network."""
    for link in message.elements("a"):
        href = link.get("href")
        if href is not None:
            yield from _judge(href.strip(), f"the link {shown(words_of(link), 60)!r}", expected)
            yield from _compare(link, host_of(href))


def _judge(href: str, where: str, expected: Expected) -> Iterator[Finding]:
    parts = parts_of(href)
    if not href or href.lower() in _NOTHING:
        yield block(
            f"A link's address is {shown(href)!r}.", where, "Leave the link out where there is no address."
        )
    elif href.startswith("#"):
        yield warn("A link leads to a place in the mail; many programs do not follow it.", where, "Leave it out.")
    elif parts is None or parts.scheme.lower() not in _SCHEMES:
        yield block(f"A link leads to {shown(href, 60)!r}.", where, "Write https://… in full.")
    elif parts.scheme.lower() in {"http", "https"}:
        yield from _judge_host(host_of(href), where, expected)
        if parts.username is not None:
            yield warn(
                "A link's address holds a name or a password.", where, "Leave out what stands before the @."
            )


def _judge_host(host: str, where: str, expected: Expected) -> Iterator[Finding]:
    if not host:
        yield block("A link's address names no host.", where, "Write https://… in full.")
    elif expected.is_public and is_private(host):
        yield block(
            f"A link leads to {shown(host, 60)}, which no reader can reach.",
            where,
            "Check PUBLIC_URL and the source.",
        )
    elif expected.is_public and is_reserved(host):
        yield warn(f"A link leads to {shown(host, 60)}, a name for examples.", where, "Write the real address.")


def _compare(link: HtmlElement, host: str) -> Iterator[Finding]:
    """Tell of a link that shows another site than where it leads: filters take it for bait."""
    said = _HOST.fullmatch(words_of(link))
    if said and host and not _is_related(said[1].lower(), host):
        what = f"A link shows {shown(said[1], 60)} and leads to {shown(host, 60)}."
        yield warn(what, f"the link {shown(said[0], 60)!r}", "Show words instead of an address.")


def _is_related(one: str, other: str) -> bool:
    return f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}")
