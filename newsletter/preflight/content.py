"""Checks of the two parts: how large the HTML is, and whether the text says the same. Pure."""

from collections.abc import Iterator

from newsletter.preflight.expected import Expected, addresses_in
from newsletter.preflight.finding import Finding, block, passed, shown, warn
from newsletter.preflight.opened import Opened

MOST_BYTES = 80_000
"""Bytes of HTML that an edition should keep to."""

CLIPPED_BYTES = 100_000
"""Bytes from which Gmail may clip a mail; others measured 100 to 105 kB."""

_FEWEST_LETTERS = 20
"""A text part with fewer says nothing."""


def check_size(message: Opened, _: Expected) -> Iterator[Finding]:
    """How many bytes of UTF-8 the HTML has; pictures do not count."""
    if message.html is None:
        yield block("There is no HTML part.", "the message", "Send multipart/alternative with text/html last.")
        return
    size = len(message.html.encode("utf-8", "replace"))
    mend = "Choose fewer articles (top_stories, blog_posts), or take what is heavy out of your template."
    if size >= CLIPPED_BYTES:
        yield block(f"The HTML has {size:,} bytes, and Gmail clips it: the end is lost.", "the HTML", mend)
    elif size > MOST_BYTES:
        yield warn(f"The HTML has {size:,} bytes; {MOST_BYTES:,} are enough for an edition.", "the HTML", mend)
    else:
        yield passed(f"The HTML has {size:,} bytes.")


def check_text(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether there is a text part that leads where the HTML leads."""
    if message.text is None:
        yield block(
            "There is no text part.", "the message", "Readers without HTML need one, and spam filters ask for it."
        )
        return
    if sum(map(str.isalnum, message.text)) < _FEWEST_LETTERS:
        yield block("The text part is empty.", "the text", "Put the articles into the template body.txt.")
        return
    if message.html is None:
        return
    links = {each.get("href", "").strip() for each in message.elements("a")}
    of_html = {_page(each) for each in links if each.lower().startswith(("http://", "https://"))}
    of_text = {_page(each) for each in addresses_in(message.text)}
    yield from _told(of_html - of_text, "the HTML", "the text", "body.txt")
    yield from _told(of_text - of_html, "the text", "the HTML", "body.html")


def _page(url: str) -> str:
    return url.partition("#")[0]


def _told(missing: set[str], there: str, here: str, template: str) -> Iterator[Finding]:
    if missing:
        first = shown(min(missing))
        count = f"{len(missing)} links of {there} are" if len(missing) > 1 else f"One link of {there} is"
        yield warn(f"{count} not in {here}: {first}", here, f"Print it in the template {template} too.")
