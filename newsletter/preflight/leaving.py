"""Checks of the two ways out: the mailbox's own button (RFC 8058), and the link in the mail. Pure."""

import re
from collections.abc import Iterator
from html import escape

from newsletter.preflight.content import CLIPPED_BYTES
from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, block, passed, shown, warn
from newsletter.preflight.opened import Opened, words_of
from newsletter.preflight.signature import signed_fields

POST = "List-Unsubscribe=One-Click"

_NO_LIST = "A program wrote this to one person: there is no list to leave."
_ENTRY = re.compile(r"<([^<>\s]+)>")
_BOTH = ("List-Unsubscribe", "List-Unsubscribe-Post")


def addresses_to_leave(message: Opened) -> list[str]:
    """Return the web addresses of List-Unsubscribe."""
    found = _ENTRY.findall(message.value(_BOTH[0]))
    return [each for each in found if each.lower().startswith(("http://", "https://"))]


def check_one_click(message: Opened, expected: Expected) -> Iterator[Finding]:
    """Whether both headers stand there once, name one https address, and are signed with the rest."""
    if message.is_letter:
        yield passed(_NO_LIST)
        return
    for name in _BOTH:
        if len(message.values(name)) != 1:
            yield block(
                f"{name} stands {len(message.values(name))} times.", "the header", "Write it once (RFC 8058 §3.1)."
            )
    value = message.value(_BOTH[0])
    if value and not re.fullmatch(rf"{_ENTRY.pattern}(?:\s*,\s*{_ENTRY.pattern})*", value):
        yield block(f"List-Unsubscribe is {shown(value)!r}.", _BOTH[0], "Write <https://…>, nothing else.")
    elif value:
        yield from _judge(addresses_to_leave(message), expected)
    post = message.value(_BOTH[1])
    if post and post != POST:
        yield block(f"List-Unsubscribe-Post is {shown(post)!r}.", _BOTH[1], f"Write {POST}.")
    for covered in signed_fields(message):
        unsigned = [name for name in _BOTH if name.lower() not in covered]
        if unsigned:
            mend = "Let the signer cover both headers (RFC 8058 §4)."
            yield block(f"DKIM does not cover {' and '.join(unsigned)}.", "DKIM-Signature", mend)


def check_way_out(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether a link to leave can be seen, before any clip."""
    if message.is_letter:
        yield passed(_NO_LIST)
        return
    ways = addresses_to_leave(message)
    links = [each for each in message.elements("a") if _leads_out(each.get("href", ""), ways) and words_of(each)]
    if not links:
        yield block("No link to unsubscribe can be seen.", "the HTML", "Print {{ unsubscribe_slot }} in a link.")
        return
    html = (message.html or "").encode("utf-8", "replace")
    ends = [html.find(escape(each.get("href", "")).encode("utf-8", "replace")) for each in links]
    if ends and min(ends) >= CLIPPED_BYTES:
        yield block(
            "The link to unsubscribe stands where Gmail clips.", "the HTML", "Make the mail shorter than 100 kB."
        )
    if message.text and ways and not any(each in message.text for each in ways):
        yield warn(
            "The text part has no link to unsubscribe.", "the text", "Print {{ unsubscribe_slot }} in body.txt."
        )


def _judge(ways: list[str], expected: Expected) -> Iterator[Finding]:
    secure = [each for each in ways if each.lower().startswith("https://")]
    if len(secure) == 1:
        return
    if len(secure) > 1:
        yield block("List-Unsubscribe has several https addresses.", _BOTH[0], "Write one (RFC 8058 §3.1).")
        return
    what = "List-Unsubscribe has no https address: no mailbox shows its button."
    mend = "Serve PUBLIC_URL over https."
    if expected.is_public:
        yield block(what, _BOTH[0], mend)
    else:
        yield warn(what, _BOTH[0], f"{mend} Until then this is a trial on your own machine.")


def _leads_out(href: str, ways: list[str]) -> bool:
    return href in ways or re.search(r"unsubscri|opt-?out", href, re.IGNORECASE) is not None
