"""One reader's message of one edition: what all share is compiled once, and the reader's own links are signed.

A :class:`Composer` is made once for an edition and asked once for every reader, so all that does not depend on the
reader is prepared before the first.
"""

from contextlib import suppress
from dataclasses import dataclass

from newsletter.delivery.messages.compiled import CompiledEdition, Original, compile_edition, compile_in_8bit
from newsletter.delivery.messages.encoding import Encoding, UnfitError
from newsletter.delivery.messages.form import Reader
from newsletter.delivery.messages.message import message_id
from newsletter.delivery.post import Post
from newsletter.edition import store
from newsletter.edition.assemble import archive_url
from newsletter.edition.rendering.slots import Slot, personal
from newsletter.edition.store import Edition, FrozenContent
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.tokens import Purpose


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything that the messages of one edition share.

    ``compiled_8bit`` is for relays that take 8bit: None unless the operator wants it and the content allows it.
    """

    edition: Edition
    newsletter: Newsletter
    content: FrozenContent
    compiled: CompiledEdition
    compiled_8bit: CompiledEdition | None = None


def load_copy(post: Post, edition_id: int) -> Copy:
    """Load what an edition's messages share, and compile it.

    Raises NotFoundError before it is ready, ContentError when it cannot be compiled.
    """
    with post.database.transaction() as connection:
        edition = store.get_edition(connection, edition_id)
        newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
        content = store.get_content(connection, edition_id)
    view_url = archive_url(post.public_url, edition.slug, edition.key)
    original = Original(content, newsletter, edition.id, view_url)
    compiled = compile_edition(original, post.signing_keys)
    is_8bit = post.encoding is Encoding.EIGHT_BIT
    return Copy(
        edition, newsletter, content, compiled, compile_in_8bit(original, post.signing_keys) if is_8bit else None
    )


class Composer:
    """Makes the messages of one edition, signed links and all: the same bytes every time one is asked for."""

    def __init__(self, post: Post, copy: Copy) -> None:
        edition_id, newsletter = copy.edition.id, copy.newsletter
        home = post.public_url.rstrip("/")
        self._compiled = copy.compiled
        self._compiled_8bit = copy.compiled_8bit
        # Dated like the edition, so that a second submission is the same message to the letter.
        self._unsubscribe = post.tokens.signer(Purpose.UNSUBSCRIBE, copy.content.ready_at)
        self._unsubscribe_url = f"{home}/{Purpose.UNSUBSCRIBE}/"
        self._click = post.tokens.pair_signer(Purpose.CLICK, edition_id) if _has_own_links(copy.content) else None
        self._click_url = f"{home}/{Purpose.CLICK}/"
        self._digest = post.tokens.digester("edition", edition_id)
        self._before_digest, self._behind_digest = message_id(b"", edition_id, newsletter).split("@")

    def reader(self, subscription_id: int, address: str) -> Reader:
        """Return what only this reader's message says."""
        return Reader(
            address,
            self._unsubscribe_url + self._unsubscribe(subscription_id),
            f"{self._before_digest}{self._digest(subscription_id).hex()}@{self._behind_digest}",
            self._click_url + self._click(subscription_id) if self._click else "",
        )

    def filled(self, subscription_id: int, address: str) -> list[bytes]:
        """Return the finished message of one reader in pieces, as they are to be joined."""
        return self._compiled.filled(self.reader(subscription_id, address))

    def message(self, subscription_id: int, address: str) -> bytes:
        """Return the finished message of one reader."""
        return b"".join(self.filled(subscription_id, address))

    def message_8bit(self, subscription_id: int, address: str) -> bytes:
        """Return the same for a relay that takes 8bit: in quoted-printable all the same where it has to be."""
        if self._compiled_8bit is not None:
            with suppress(UnfitError):
                return self._compiled_8bit.message(self.reader(subscription_id, address))
        return self.message(subscription_id, address)


def _has_own_links(content: FrozenContent) -> bool:
    return any(personal(content.marker, Slot.CLICK) in part for part in (content.html, content.text))


def compose_copy(post: Post, copy: Copy, subscription_id: int, address: str) -> bytes:
    """Return the finished message of one reader."""
    return Composer(post, copy).message(subscription_id, address)


def personal_values(post: Post, copy: Copy, subscription_id: int, address: str) -> dict[Slot, str]:
    """Return what fills the personal slots of one reader's content."""
    reader = Composer(post, copy).reader(subscription_id, address)
    return {
        Slot.UNSUBSCRIBE: reader.unsubscribe_url,
        Slot.ADDRESS: reader.address,
        Slot.CLICK: reader.click_url,
    }
