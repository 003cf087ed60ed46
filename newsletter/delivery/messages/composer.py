"""One reader's message of one edition: what all share is compiled once, and the reader's own links are signed.

A :class:`Composer` is made once for an edition in one language and asked once for every reader, so all that does
not depend on the reader is prepared before the first.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from newsletter.addressed import address_maker, address_speller
from newsletter.delivery.messages.compiled import CompiledEdition, compile_edition, compile_in_8bit
from newsletter.delivery.messages.encoding import Encoding, UnfitError
from newsletter.delivery.messages.form import Reader
from newsletter.delivery.messages.message import message_id
from newsletter.delivery.messages.original import Original, values_of
from newsletter.delivery.post import Post
from newsletter.edition import store
from newsletter.edition.addresses import edition_url
from newsletter.edition.rendering.slots import Slot, personal
from newsletter.edition.store import EVERYTHING, Edition, FrozenContent, Wish
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.tokens import Purpose, minute_of, spelled


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything that the messages of one edition in one language share.

    ``compiled_8bit`` is for relays that take 8bit: None unless the operator wants it and the content allows it.
    """

    edition: Edition
    newsletter: Newsletter
    content: FrozenContent
    compiled: CompiledEdition
    compiled_8bit: CompiledEdition | None = None


def load_copy(post: Post, edition_id: int, wish: Wish = EVERYTHING) -> Copy:
    """Load what an edition's messages with one wish share, and compile it; the whole of it in the own language.

    Raises NotFoundError before it is ready, ContentError when it cannot be compiled.
    """
    with post.database.transaction() as connection:
        edition = store.get_edition(connection, edition_id)
        newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
        content = store.get_content(connection, edition_id, *wish)
    return _compiled(post, edition, newsletter, content)


def load_copies(post: Post, edition_id: int, *, with_sections: bool = False) -> tuple[Copy, ...]:
    """Do so for each language that the edition has, the newsletter's own first.

    ``with_sections`` adds what is left of the edition for readers of chosen sections.
    """
    with post.database.transaction() as connection:
        edition = store.get_edition(connection, edition_id)
        newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
        contents = store.get_contents(connection, edition_id, with_sections=with_sections)
    return tuple(_compiled(post, edition, newsletter, content) for content in contents)


def _compiled(post: Post, edition: Edition, newsletter: Newsletter, content: FrozenContent) -> Copy:
    view_url = edition_url(post.public_url, edition, tokens=post.tokens)
    original = Original(
        content, newsletter, edition.id, view_url, inbound_domain=post.inbound_domain, kind=edition.kind
    )
    compiled = compile_edition(original, post.signing_keys)
    is_8bit = post.encoding is Encoding.EIGHT_BIT
    return Copy(
        edition, newsletter, content, compiled, compile_in_8bit(original, post.signing_keys) if is_8bit else None
    )


class Composer:
    """Makes the messages of one copy, signed links and all: the same bytes every time one is asked for."""

    def __init__(self, post: Post, copy: Copy) -> None:
        edition_id, newsletter = copy.edition.id, copy.newsletter
        home = post.public_url.rstrip("/")
        self._compiled = copy.compiled
        self._compiled_8bit = copy.compiled_8bit
        # Dated like the edition, so that a second submission is the same message to the letter.
        self._seal = post.tokens.sealer(Purpose.UNSUBSCRIBE, minute_of(copy.content.ready_at))
        self._unsubscribe_url = f"{home}/{Purpose.UNSUBSCRIBE}/"
        domain = post.inbound_domain
        self._unsubscribe_address = address_speller(Purpose.UNSUBSCRIBE, domain) if domain else None
        prints_click, prints_preferences = (_has(copy.content, slot) for slot in (Slot.CLICK, Slot.PREFERENCES))
        self._click = post.tokens.pair_signer(Purpose.CLICK, edition_id) if prints_click else None
        self._click_url = f"{home}/{Purpose.CLICK}/"
        signer = post.tokens.signer(Purpose.PREFERENCES, copy.content.ready_at)
        self._preferences = signer if prints_preferences else None
        self._preferences_url = f"{home}/{Purpose.PREFERENCES}/"
        self._digest = post.tokens.digester("edition", edition_id)
        self._before_digest, self._behind_digest = message_id(b"", edition_id, newsletter).split("@")

    def reader(self, subscription_id: int, address: str) -> Reader:
        """Return what only this reader's message says."""
        leave = self._seal(subscription_id)
        return Reader(
            address,
            self._unsubscribe_url + spelled(leave),
            f"{self._before_digest}{self._digest(subscription_id).hex()}@{self._behind_digest}",
            self._click_url + self._click(subscription_id) if self._click else "",
            self._preferences_url + self._preferences(subscription_id) if self._preferences else "",
            self._unsubscribe_address(leave) if self._unsubscribe_address else "",
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


class Composers:
    """Makes the messages of one edition of all its contents: for each reader, of the one that was frozen."""

    def __init__(self, post: Post, copies: Sequence[Copy]) -> None:
        """Take the copies, that of the whole edition in the newsletter's own language first."""
        self.envelope_from = _sender(post, copies[0])
        """Takes a delivery, returns the envelope sender that reports about its message are to name it by."""
        own_language = copies[0].content.language
        self._composers: dict[tuple[str, str], Composer] = {}
        for copy in copies:
            content, composer = copy.content, Composer(post, copy)
            self._composers[content.language, content.sections] = composer
            if content.language == own_language:
                self._composers["", content.sections] = composer

    def message(self, subscription_id: int, address: str, wish: Wish) -> bytes:
        """Return the finished message of one reader; no language is the newsletter's own."""
        return self._of(wish).message(subscription_id, address)

    def message_8bit(self, subscription_id: int, address: str, wish: Wish) -> bytes:
        """Return the same for a relay that takes 8bit."""
        return self._of(wish).message_8bit(subscription_id, address)

    def _of(self, wish: Wish) -> Composer:
        """Return what makes the messages with a wish, or with what there is of it (``store.get_content``)."""
        known = self._composers
        return (
            known.get(wish)
            or known.get(("", wish.sections))
            or known.get((wish.language, ""))
            or known[EVERYTHING]
        )


def _sender(post: Post, copy: Copy) -> Callable[[int], str]:
    """Return what says where reports go: to a signed address where mail comes back to us, else to the sender."""
    if post.inbound_domain:
        return address_maker(post.tokens, Purpose.BOUNCE, post.inbound_domain, copy.content.ready_at)
    sender = copy.newsletter.sender_address
    return lambda _: sender


def _has(content: FrozenContent, slot: Slot) -> bool:
    return any(personal(content.marker, slot) in part for part in (content.html, content.text))


def compose_copy(post: Post, copy: Copy, subscription_id: int, address: str) -> bytes:
    """Return the finished message of one reader."""
    return Composer(post, copy).message(subscription_id, address)


def personal_values(post: Post, copy: Copy, subscription_id: int, address: str) -> dict[Slot, str]:
    """Return what fills the personal slots of one reader's content."""
    return values_of(Composer(post, copy).reader(subscription_id, address))
