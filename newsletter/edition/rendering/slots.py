"""Places kept free in rendered content, so that no feed's text ever passes through a template or premailer.

A place is a token of ASCII letters and digits that starts with the rendering's own unguessable marker. Feed
text is held back while our template is rendered and inlined, then put in, escaped, in one pass that never
looks at what it has put in. Personal places stay open until a delivery fills them.
"""

import re
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from html import escape

from newsletter.edition.words.wording import cut
from newsletter.errors import ContentError

_SHORTER = (300, 220, 160, 110, 80)
_OPENED = 120
"""Bytes that a personal value takes at the most, in all likelihood."""

_PATH = len("/unsubscribe/") + 38
"""Bytes of the longest path of a personal link, its token included."""

_MARKER_BYTES = 8
_RECOGNISABLE = 6  # letters that give a shortened token away
_WHOLE = r"(?![\w/?#&=%+~-])"
"""Nothing behind that would make it another address."""

_STYLE = re.compile(r"<style\b.*?</style|\bstyle\s*=\s*(?:\"[^\"]*|'[^']*)", re.DOTALL | re.IGNORECASE)


class Slot(StrEnum):
    """What differs from one subscriber to the next."""

    UNSUBSCRIBE = "unsubscribe"
    ADDRESS = "address"
    CLICK = "click"
    """The reader's own address before a link's number or ``r`` and a place: one value, however many links."""
    PREFERENCES = "preferences"
    """The reader's own address of the page where they pause, resume, and choose a language."""


def new_marker() -> str:
    """Return a marker that no feed can know beforehand: 64 random bits."""
    return f"nl{secrets.token_hex(_MARKER_BYTES)}"


def personal(marker: str, slot: Slot) -> str:
    """Return the token that stands for a personal value."""
    return f"{marker}s{slot}x"


def counted_link(marker: str, number: int) -> str:
    """Return what stands for a reader's own link to the edition's link of that number."""
    return f"{personal(marker, Slot.CLICK)}/{number}"


def recommend_link(marker: str, place: int) -> str:
    """Return what stands for a reader's own link to recommend the article at that place of the edition."""
    return f"{personal(marker, Slot.CLICK)}/r{place}"


def segments(content: str, marker: str) -> tuple[str | Slot, ...]:
    """Cut content at its personal places: text and slots in reading order, empty text left out.

    Raises ContentError for a place that names no slot.
    """
    pieces = re.split(f"({marker}s[a-z]+?x)", content)
    found = tuple(_slot(piece, marker) if piece.startswith(marker) else piece for piece in pieces if piece)
    if any(not isinstance(piece, Slot) and marker in piece for piece in found):
        raise ContentError("A place in the content was damaged.", "Render the edition again.")
    return found


def reserved(content: str, marker: str, public_url: str = "") -> int:
    """Return the bytes by which content grows when its personal places are filled, as far as can be foreseen.

    ``public_url`` is what every personal link begins with.
    """
    opened = max(_OPENED, len(public_url.encode()) + _PATH)
    tokens = [personal(marker, slot) for slot in Slot]
    return sum(content.count(token) * max(0, opened - len(token)) for token in tokens)


def weigh(content: str, marker: str, public_url: str = "") -> int:
    """Return the bytes of content as a reader gets it."""
    return len(content.encode()) + reserved(content, marker, public_url)


def fill_text(text: str, marker: str, values: Mapping[Slot, str]) -> str:
    """Put a subscriber's values into plain text. Raises ContentError where one is missing."""
    return _fill(text, marker, values, str)


def fill_html(html: str, marker: str, values: Mapping[Slot, str]) -> str:
    """Put a subscriber's values into HTML, escaped. Raises ContentError where one is missing."""
    return _fill(html, marker, values, escape)


def check_links(content: str, marker: str, count: int) -> None:
    """Raise ContentError where a reader's own link is neither one of the edition's ``count`` nor to recommend."""
    numbers = [int(found[1]) for found in _counted(marker).finditer(content)]
    known = len(numbers) + len(_recommended(marker).findall(content))
    whole = known == content.count(personal(marker, Slot.CLICK))
    if not whole or any(not 1 <= number <= count for number in numbers):
        raise ContentError(
            "A template changed an article's link.", "Print {{ article.link }} as it is, with nothing added to it."
        )


def direct_text(text: str, marker: str, links: Sequence[str], home: str = "") -> str:
    """Put the links themselves into plain text where a counted one stands, and ``home`` where one recommends."""
    counted = _counted(marker).sub(lambda found: links[int(found[1]) - 1], text)
    return _recommended(marker).sub(lambda _: home, counted)


def direct_html(html: str, marker: str, links: Sequence[str], home: str = "") -> str:
    """Put the links themselves into HTML, escaped, in the same way."""
    return direct_text(html, marker, [escape(link) for link in links], escape(home))


class Held:
    """Feed text that waits outside the template while it is rendered and inlined."""

    def __init__(self, marker: str) -> None:
        self.marker = marker
        self._values: list[str] = []
        self._may_shrink: set[int] = set()
        self._token = re.compile(f"{marker}(?:n([0-9]+)|s({'|'.join(Slot)}))x")

    def hold(self, value: str, *, may_shrink: bool = False) -> str:
        """Keep a value and return its token; nothing stays nothing, so that templates can ask for it.

        A value that ``may_shrink`` is cut at a word end where the whole would be too large otherwise.

        Raises ContentError when the value itself contains the marker.
        """
        if self.marker in value:
            raise ContentError("An article contains the rendering's own marker.", "Render the edition again.")
        if not value:
            return ""
        if may_shrink:
            self._may_shrink.add(len(self._values))
        self._values.append(value)
        return f"{self.marker}n{len(self._values) - 1}x"

    def census(self, html: str) -> Counter[str]:
        """Count every place in the HTML.

        Raises ContentError when one is damaged, unknown, or stands in a style sheet, where no escaping helps.
        """
        found = Counter(match.group() for match in self._token.finditer(html))
        known = all(int(number) < len(self._values) for number, _ in self._token.findall(html) if number)
        styles = _STYLE.findall(html)
        if (
            not known
            or found.total() != html.count(self.marker[:_RECOGNISABLE])
            or any(self.marker in css for css in styles)
        ):
            raise ContentError(
                "A template cut, changed or misplaced an article's text.",
                "Templates may print article fields in text and quoted attributes, and must not change them.",
            )
        return found

    def put_in(self, html: str, most: int) -> str:
        """Return the HTML with every held value in its place, escaped for text and quoted attributes alike.

        Above ``most`` bytes of UTF-8, what may shrink does, step by step, to 80 characters at the least.
        """
        filled = self._insert(html, self._values)
        for length in _SHORTER:
            if len(filled.encode()) <= most:
                break
            values = [
                cut(value, length) if index in self._may_shrink else value
                for index, value in enumerate(self._values)
            ]
            filled = self._insert(html, values)
        return filled

    def _insert(self, html: str, values: list[str]) -> str:
        def value(match: re.Match[str]) -> str:
            return escape(values[int(match[1])]) if match[1] else match.group()

        return self._token.sub(value, html)


def _counted(marker: str) -> re.Pattern[str]:
    return re.compile(rf"{personal(marker, Slot.CLICK)}/([1-9][0-9]{{0,4}}){_WHOLE}")


def _recommended(marker: str) -> re.Pattern[str]:
    return re.compile(rf"{personal(marker, Slot.CLICK)}/r[1-9][0-9]?{_WHOLE}")


def _slot(token: str, marker: str) -> Slot:
    try:
        return Slot(token.removeprefix(f"{marker}s").removesuffix("x"))
    except ValueError:
        raise ContentError(f"No slot is called {token!r}.", "Use one of the slots in slots.py.") from None


def _fill(content: str, marker: str, values: Mapping[Slot, str], safe: Callable[[str], str]) -> str:
    pieces = segments(content, marker)
    missing = {piece for piece in pieces if isinstance(piece, Slot)} - values.keys()
    if missing:
        raise ContentError(f"No value for {', '.join(sorted(missing))}.", "Give one for every slot.")
    return "".join(safe(values[piece]) if isinstance(piece, Slot) else piece for piece in pieces)
