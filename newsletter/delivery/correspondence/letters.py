"""The welcome, the goodbye and the data letter: to one reader, each owed by its own row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.correspondence.debt import Debt
from newsletter.delivery.correspondence.owed import OwedMail, language_of, submit_owed
from newsletter.delivery.correspondence.rhythm import next_time, rhythm
from newsletter.delivery.post import Post
from newsletter.delivery.today import Standing, find_today
from newsletter.edition.addresses import edition_url
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.facts import Fact
from newsletter.edition.store import list_sent_editions
from newsletter.edition.words.phrases import Phrases
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.readers.letters import OwedLetter, find_letter, forget_untrue, is_true
from newsletter.readers.preferences import get_preferences
from newsletter.readers.store import Subscription, find_subscription
from newsletter.readers.tables import LetterKind, owed_letter
from newsletter.tokens import Purpose

MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class _Recipient:
    """Who is written to, of which newsletter, in what words."""

    reader: Subscription
    newsletter: Newsletter
    phrases: Phrases
    written_at: datetime

    @property
    def language(self) -> str:
        """The reader's language; empty is the newsletter's own."""
        return "" if self.phrases.language == self.newsletter.language else self.phrases.language


def submit_letter(post: Post, stationery: Stationery, letter_id: int, now: datetime) -> bool:
    """Mail a letter if it is owed now and still true; return whether the relay took it.

    Raises RelayError when the relay refuses us, and ContentError when the mail cannot be written.
    """
    with post.database.transaction() as connection:
        letter = find_letter(connection, letter_id)
        if letter is None or forget_untrue(connection, letter, now):
            return False
        reader = find_subscription(connection, letter.subscription_id)
        assert reader is not None, "its letters go with it"
        newsletter = get_newsletter_by_id(connection, reader.newsletter_id)
        recipient = _Recipient(reader, newsletter, stationery.phrases(language_of(reader, newsletter)), now)
        facts = _FACTS[letter.kind](connection, post, recipient, letter)
    leave = post.link(Purpose.UNSUBSCRIBE, reader.id, letter.owed_at)
    is_welcome = letter.kind is LetterKind.WELCOME
    holds = sa.and_(owed_letter.c.id == letter.id, is_true(letter.kind, now))
    debt = Debt(owed_letter, holds, MOST_ATTEMPTS)
    owed = OwedMail(letter.kind, reader, newsletter, facts, letter.owed_at, debt, leave if is_welcome else "")
    return submit_owed(post, stationery, owed, now)


def _welcome(connection: sa.Connection, post: Post, to: _Recipient, letter: OwedLetter) -> dict[str, Fact]:
    """Return what comes when, how to change that, and the latest edition where there is one."""
    # Of the moment that it is owed since, so that each try says the same.
    now = letter.owed_at
    token = post.tokens.sign(Purpose.PREFERENCES, to.reader.id, now)
    upcoming = next_time(to.newsletter, to.phrases, now)
    facts: dict[str, Fact] = {
        "rhythm": rhythm(to.newsletter, to.phrases),
        "next_day": upcoming[0] if upcoming else "",
        "next_hour": upcoming[1] if upcoming else "",
        "sender": to.newsletter.sender_address,
        "preferences_url": post.link(Purpose.PREFERENCES, to.reader.id, now),
        "unsubscribe_url": post.link(Purpose.UNSUBSCRIBE, to.reader.id, now),
        "headline": "",
        "edition_day": "",
        "offer": "",
    }
    today = find_today(connection, get_preferences(connection, to.reader.id, now), now)
    if today is None or today.standing in {Standing.SENT, Standing.ON_ITS_WAY}:
        has_appeared = bool(list_sent_editions(connection, to.newsletter.id, limit=1))
        return {**facts, "is_first": "" if has_appeared else "yes"}
    latest = today.edition
    return {
        **facts,
        "is_first": "",
        "headline": today.subject,
        "edition_day": to.phrases.day(latest.edition_on),
        "edition_url": edition_url(post.public_url, latest, to.language),
        "offer": "yes" if today.standing is Standing.OFFERED else "",
        "today_url": f"{post.public_url.rstrip('/')}/today/{token}",
    }


def _goodbye(_: sa.Connection, post: Post, __: _Recipient, ___: OwedLetter) -> dict[str, Fact]:
    return {"again_url": f"{post.public_url.rstrip('/')}/"}


def _data(_: sa.Connection, post: Post, to: _Recipient, __: OwedLetter) -> dict[str, Fact]:
    # Good for an hour from when it leaves, also where the relay was away.
    return {"data_url": post.link(Purpose.DATA, to.reader.id, to.written_at)}


_FACTS: dict[LetterKind, Callable[[sa.Connection, Post, _Recipient, OwedLetter], dict[str, Fact]]] = {
    LetterKind.WELCOME: _welcome,
    LetterKind.GOODBYE: _goodbye,
    LetterKind.DATA: _data,
}
