"""Submit an edition: claim a batch, open each gate, hand the messages to the relay, settle each receipt.

A task works for a bounded time and then rings for another: nothing is lost with it, because what it had claimed
is free again when its lease is over.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from newsletter import log
from newsletter.delivery.compiled import CompiledEdition, Original, compile_edition
from newsletter.delivery.form import Reader
from newsletter.delivery.ledger import Claimed, Gated, Ledger
from newsletter.delivery.message import message_id
from newsletter.delivery.post import Post
from newsletter.delivery.transport import Message
from newsletter.edition import store
from newsletter.edition.assemble import archive_url
from newsletter.edition.slots import Slot
from newsletter.edition.store import Edition, FrozenContent
from newsletter.errors import RelayError
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.tokens import Purpose

_log = log.get("delivery")


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
    return Copy(edition, newsletter, content, compile_edition(Original(content, newsletter, edition.id, view_url)))


def personal_values(post: Post, copy: Copy, subscription_id: int, address: str) -> dict[Slot, str]:
    """Return what fills the personal slots of one reader's content."""
    # Dated like the edition, so that a second submission is the same message to the letter.
    return {
        Slot.UNSUBSCRIBE: post.link(Purpose.UNSUBSCRIBE, subscription_id, copy.content.ready_at),
        Slot.ADDRESS: address,
    }


def compose_copy(post: Post, copy: Copy, subscription_id: int, address: str) -> bytes:
    """Return the finished message of one reader: the same bytes every time it is asked for."""
    unsubscribe_url = personal_values(post, copy, subscription_id, address)[Slot.UNSUBSCRIBE]
    digest = post.tokens.digest("edition", copy.edition.id, subscription_id)
    own_id = message_id(digest, copy.edition.id, copy.newsletter)
    return copy.compiled.message(Reader(address, unsubscribe_url, own_id))


def submit_batch(post: Post, ledger: Ledger, copy: Copy, batch: list[Claimed], go_on: Callable[[], bool]) -> int:
    """Submit the claimed deliveries in order while ``go_on()``; return how many receipts came.

    What was not begun is given back. Raises RelayError, also after giving back, when the relay refuses us.
    What any other error broke into stays in flight until its lease is over, because its text may have left.
    """
    waiting = list(reversed(batch))
    passed_over: list[Claimed] = []
    begun: dict[int, Gated] = {}

    def messages() -> Iterator[Message]:
        while waiting and go_on():
            claimed = waiting.pop()
            gated = ledger.gate(claimed)
            if gated is None:
                passed_over.append(claimed)
                continue
            begun[claimed.delivery_id] = gated
            yield _message(post, copy, gated)

    receipts = 0
    try:
        for receipt in post.transport.submit(messages()):
            ledger.settle(begun.pop(receipt.delivery_id), receipt)
            receipts += 1
    except RelayError as error:
        _log.warning("relay_refused", edition_id=copy.edition.id, error=str(error))
        passed_over += [gated.claimed for gated in begun.values()]
        raise
    finally:
        for claimed in [*waiting, *passed_over]:
            ledger.release(claimed)
    return receipts


def _message(post: Post, copy: Copy, gated: Gated) -> Message:
    return Message(
        delivery_id=gated.claimed.delivery_id,
        envelope_from=copy.newsletter.sender_address,
        envelope_to=gated.address,
        content=compose_copy(post, copy, gated.claimed.subscription_id, gated.address),
    )
