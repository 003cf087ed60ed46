"""One reader's message of one edition: what all share is compiled once, and the reader's own links are signed.

A :class:`Composer` is made once for an edition and asked once for every reader, so all that does not depend on the
reader is prepared before the first.
"""

from dataclasses import dataclass

from newsletter.delivery.compiled import CompiledEdition, Original, compile_edition
from newsletter.delivery.form import Reader
from newsletter.delivery.message import message_id
from newsletter.delivery.post import Post
from newsletter.edition import store
from newsletter.edition.assemble import archive_url
from newsletter.edition.slots import Slot
from newsletter.edition.store import Edition, FrozenContent
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.tokens import Purpose


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything that the messages of one edition share."""

    edition: Edition
    newsletter: Newsletter
    content: FrozenContent
    compiled: CompiledEdition


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
    return Copy(edition, newsletter, content, compile_edition(original, post.signing_keys))


class Composer:
    """Makes the messages of one edition, signed links and all: the same bytes every time one is asked for."""

    def __init__(self, post: Post, copy: Copy) -> None:
        edition_id, newsletter = copy.edition.id, copy.newsletter
        home = post.public_url.rstrip("/")
        self._compiled = copy.compiled
        # Dated like the edition, so that a second submission is the same message to the letter.
        self._unsubscribe = post.tokens.signer(Purpose.UNSUBSCRIBE, copy.content.ready_at)
        self._unsubscribe_url = f"{home}/{Purpose.UNSUBSCRIBE}/"
        self._click = post.tokens.pair_signer(Purpose.CLICK, edition_id) if copy.content.links else None
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
