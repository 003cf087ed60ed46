"""The check of pictures: an address in full, a size before it arrives, and words in its place. Pure."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from newsletter.preflight.expected import Expected, host_of
from newsletter.preflight.finding import Finding, block, shown, warn
from newsletter.preflight.opened import Opened, words_of

_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|avif|svg)|(?:IMG|DSC|image)[_-]?\d+\S*", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def check_pictures(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether each picture has an absolute address, its size, and words (none for one that only adorns)."""
    headlines = {_letters(words_of(each)) for each in message.elements("h1", "h2", "h3", "a")}
    for picture in message.elements("img"):
        yield from _judge_address(picture.get("src", "").strip())
        where = f"the picture {shown(picture.get('src', ''), 60)}"
        sizes = [name for name in ("width", "height") if not _NUMBER.fullmatch(picture.get(name, ""))]
        if sizes:
            yield warn(
                f"A picture has no {' and no '.join(sizes)} in numbers.",
                where,
                "Give both as attributes: Outlook shows it in its own size otherwise, and the mail jumps.",
            )
        yield from _judge_words(picture, headlines, where)


def _judge_address(src: str) -> Iterator[Finding]:
    if not src:
        yield block("A picture has no address.", "an <img>", "Leave the picture out where there is none.")
    elif src.lower().startswith("data:"):
        yield block(
            "A picture is written into the mail (data:).", "an <img>", "Gmail and Outlook show none: link it."
        )
    elif not (_ADDRESS.match(src) and host_of(src)):
        yield block(f"{shown(src, 60)!r} is no address of a picture.", "an <img>", "Write https://… in full.")


def _judge_words(picture: HtmlElement, headlines: set[str], where: str) -> Iterator[Finding]:
    words = picture.get("alt")
    if words is None:
        mend = 'Say what it shows, or write alt="" where it only adorns.'
        yield warn("A picture has no alt text.", where, mend)
    elif _FILE_NAME.fullmatch(words.strip()):
        yield warn(f"The alt text {shown(words, 60)!r} is a file's name.", where, "Say what it shows, or nothing.")
    elif _letters(words) and _letters(words) in headlines:
        mend = "It would be read out twice: leave it empty."
        yield warn(f"The alt text {shown(words, 60)!r} is the headline once more.", where, mend)


def _letters(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())
