"""What an edition is to nobody in particular: its content with harmless values for a reader's own."""

from newsletter.edition.rendering.slots import Slot, direct_html, direct_text, fill_html, fill_text
from newsletter.edition.store import FrozenContent


def nobodys_copy(content: FrozenContent, public_url: str, reader: str = "a reader") -> str:
    """Return an edition's HTML with our home for a reader's own links, and links that nobody counts.

    ``reader`` stands where a reader's address would.
    """
    html = direct_html(content.html, content.marker, content.links, f"{public_url}/")
    return fill_html(html, content.marker, _nobodys(public_url, reader))


def nobodys_text(content: FrozenContent, public_url: str, reader: str = "a reader") -> str:
    """Return an edition's text in the same way."""
    text = direct_text(content.text, content.marker, content.links, f"{public_url}/")
    return fill_text(text, content.marker, _nobodys(public_url, reader))


def _nobodys(public_url: str, reader: str) -> dict[Slot, str]:
    return {**dict.fromkeys(Slot, f"{public_url}/"), Slot.ADDRESS: reader}
