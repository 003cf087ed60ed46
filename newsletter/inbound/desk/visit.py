"""One message at the desk: who wrote it, what it asks for, and the way it is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.inbound.desk.answer import Answer, owe_answer
from newsletter.inbound.desk.commands import Command, read_commands
from newsletter.inbound.desk.sender import LOGGED, network_of, sender_address
from newsletter.inbound.desk.wishes import Told
from newsletter.inbound.door.entrance import Entrance
from newsletter.inbound.door.received import Received
from newsletter.inbound.mail.lines import text_of
from newsletter.inbound.mail.mime import Letter, read_letter
from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.readers.gate import Gate
from newsletter.readers.store import Origin, Subscription, subscriptions_of


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk works with: who signs and rations, the domain whose mail comes to us, BOUNCE_LIMIT."""

    gate: Gate
    domain: str
    bounce_limit: float


class Handled(NamedTuple):
    """What a message was taken for, in a word or two, and the bells to ring after the commit."""

    outcome: str
    bells: Sequence[Bell] = ()


@dataclass(frozen=True)
class Visit:
    """A message and all that is looked up for it, in the transaction that handles it."""

    desk: Desk
    connection: sa.Connection
    received: Received
    entrance: Entrance
    now: datetime

    @cached_property
    def letter(self) -> Letter:
        """The message, taken apart."""
        return read_letter(self.received.octets)

    @cached_property
    def commands(self) -> list[Command]:
        """What it asks for."""
        slugs = {each.slug for each in self.newsletters}
        return read_commands(self.letter.headers["subject"], text_of(self.letter), slugs)

    @cached_property
    def sender(self) -> str:
        """The envelope's sender as an address that can be mailed; empty for none."""
        return sender_address(self.received.envelope_from)

    @cached_property
    def origin(self) -> Origin:
        """What the consent log says of it."""
        return Origin("mail", network_of(self.letter.headers, LOGGED), self.entrance.errand.value)

    @cached_property
    def newsletters(self) -> list[Newsletter]:
        """Every newsletter there is."""
        return list_newsletters(self.connection)

    @cached_property
    def subscriptions(self) -> list[Subscription]:
        """What its sender is subscribed to, or was."""
        return subscriptions_of(self.connection, self.sender) if self.sender else []

    def named(self, slugs: Sequence[str]) -> list[Newsletter]:
        """Return the newsletters of these names, and those of no name where none is given."""
        return [each for each in self.newsletters if each.slug in slugs]

    def close(
        self, outcome: str, told: Sequence[Told], about: Subscription | None = None, bells: Sequence[Bell] = ()
    ) -> Handled:
        """Answer whom it is about, or else its sender; what was done stays done where no answer is owed."""
        newsletter = self._newsletter(about)
        address = about.address if about else self.sender
        if newsletter is None or not address:
            return Handled(outcome, bells)
        answer = Answer(
            newsletter_id=newsletter.id,
            address=address,
            language=self._language(newsletter, about),
            told=told,
            subscription_id=about.id if about else 0,
            in_reply_to=self.letter.headers["message-id"],
        )
        owed = owe_answer(self.connection, self.desk.gate, answer, self.now)
        if owed is None:
            return Handled(f"{outcome}, not answered again", bells)
        return Handled(f"{outcome}, answered", [*bells, Bell(TaskName.SUBMIT_REPLY, owed)])

    def _newsletter(self, about: Subscription | None) -> Newsletter | None:
        """Return the newsletter in whose name it is answered; none where there is no newsletter."""
        own = [each for each in self.newsletters if about and each.id == about.newsletter_id]
        addressed = self.named([self.entrance.tag])
        return next(iter([*own, *addressed, *self.newsletters]), None)

    def _language(self, newsletter: Newsletter, about: Subscription | None) -> str:
        """Return the reader's language, or the one they wrote in, where the newsletter has it."""
        if about and about.language in newsletter.all_languages:
            return about.language
        spoken = [language for each in self.commands for language in each.languages]
        if not spoken or newsletter.language in spoken:
            return newsletter.language
        return next((each for each in newsletter.all_languages if each in spoken), newsletter.language)
