"""What all the messages of an edition in one language share, and how each is made the plain way.

The compiled edition has to equal it, which is shown with a few readers that are made up here.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.delivery.messages.encoding import IN_8BIT, QUOTED, Encodings
from newsletter.delivery.messages.form import Reader
from newsletter.delivery.messages.message import Leaving, Letter, compose_edition, message_id
from newsletter.edition.rendering.slots import Slot, fill_html, fill_text
from newsletter.edition.store import FrozenContent
from newsletter.edition.tables import EditionKind
from newsletter.publication.newsletters import Newsletter

DIGEST_BYTES = 16
_TOKEN = 38
_LONG_NAME = 48
_LONG_LOCAL = 57


@dataclass(frozen=True, slots=True)
class Original:
    """What all the messages of an edition with one content share. ``content`` still holds its slots."""

    content: FrozenContent
    newsletter: Newsletter
    edition_id: int
    archive_url: str
    encodings: Encodings = QUOTED
    inbound_domain: str = ""
    """Where mail to leave by is received; empty where none is."""
    kind: str = EditionKind.DIGEST

    def compose(self, reader: Reader) -> bytes:
        """Return a reader's message made the plain way, which the compiled one has to equal."""
        marker, values = self.content.marker, values_of(reader)
        text = fill_text(self.content.text, marker, values)
        return self.compose_around(text, fill_html(self.content.html, marker, values), reader)

    def compose_around(self, text: str, html: str, reader: Reader) -> bytes:
        """Return a reader's message with other parts."""
        content = self.content
        letter = Letter(
            *(reader.address, content.subject, text, html, reader.message_id, content.ready_at, content.language),
            kind=self.kind,
        )
        leaving = Leaving(reader.unsubscribe_url, reader.unsubscribe_address)
        return compose_edition(letter, self.newsletter, leaving, self.archive_url, self.encodings).as_bytes()

    @property
    def is_8bit(self) -> bool:
        """Whether its messages are only for relays that take 8bit."""
        return self.encodings == IN_8BIT


def values_of(reader: Reader) -> dict[Slot, str]:
    """Return what fills each slot of a reader's content."""
    return {
        Slot.ADDRESS: reader.address,
        Slot.UNSUBSCRIBE: reader.unsubscribe_url,
        Slot.CLICK: reader.click_url,
        Slot.PREFERENCES: reader.preferences_url,
    }


def nobody(original: Original) -> Reader:
    """Return a reader whose values are found again in the headers: made of the marker, ASCII, as long as usual."""
    marker = original.content.marker
    digest = hashlib.sha256(marker.encode()).digest()[:DIGEST_BYTES]
    return Reader(
        address=f"{marker}@reader.example",
        unsubscribe_url=f"https://reader.example/{marker}",
        message_id=message_id(digest, original.edition_id, original.newsletter),
        unsubscribe_address=f"{marker}@leave.example" if original.inbound_domain else "",
    )


def somebody(original: Original) -> Reader:
    """Return a reader with a long address, and links as long as ours."""
    link = f"{original.archive_url.partition('?')[0]}/{'t' * _TOKEN}"
    return Reader(
        address=f"{'a' * _LONG_NAME}@reader.example",
        unsubscribe_url=link,
        message_id=nobody(original).message_id,
        click_url=link,
        preferences_url=link,
        unsubscribe_address=f"{'u' * _LONG_LOCAL}@{original.inbound_domain}" if original.inbound_domain else "",
    )


def samples(original: Original) -> Iterable[Reader]:
    """Return readers whose values are only copied, need every care there is, and go beyond ASCII."""
    usual = somebody(original)
    yield usual
    awkward = "https://reader.example/" + "/.<\"'>=&" * 20
    dot = "" if original.is_8bit else "."
    yield usual._replace(
        address=f"{dot}o'hara&=" + "." * 99 + "@example.org",
        unsubscribe_url=awkward,
        click_url=f"{dot}{awkward}",
        preferences_url=awkward,
    )
    yield usual._replace(address=f"{dot}zo\u00eb<\u0662@example.org")
