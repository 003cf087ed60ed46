"""Who holds a link: the reader that its token names, their newsletter, and the addresses of their own pages.

There is no login: a link from a mail is the key, and what it opens is decided by the purpose of its token.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import Request
from starlette.responses import Response

from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.readers.preferences import Preferences, get_preferences
from newsletter.tokens import Purpose
from newsletter.web.doorway import Doorway
from newsletter.web.tongue import CHOSEN, Tongue, tongue_of


@dataclass(frozen=True, slots=True)
class Bearer:
    """One reader at one door."""

    door: Doorway
    reader: Preferences
    newsletter: Newsletter
    tongue: Tongue

    def path(self, purpose: Purpose, subscription_id: int | None = None) -> str:
        """Return the reader's own address for a purpose, from our root; for another subscription of theirs too."""
        number = subscription_id or self.reader.id
        return f"/{purpose}/{self.door.services.tokens.sign(purpose, number, self.door.now())}"

    def go(self, path: str, **query: str) -> Response:
        """Return the answer that sends the reader on to a page, in the language that was chosen here."""
        chosen = {CHOSEN: self.tongue.language} if self.tongue.is_chosen else {}
        asked = urlencode({**chosen, **query})
        return self.door.pages.go(f"{path}?{asked}".rstrip("?"))

    def show(self, name: str, status: int = 200, /, **values: object) -> Response:
        """Return a page in the reader's language, with what every page of theirs says."""
        return self.door.pages.show(
            name,
            status,
            tongue=self.tongue,
            newsletter=self.newsletter,
            reader=self.reader,
            address=self.reader.address,
            path=self.path,
            Purpose=Purpose,
            **values,
        )


def read_bearer(
    door: Doorway, request: Request, connection: sa.Connection, token: str, purpose: Purpose
) -> Bearer:
    """Return who holds a token.

    Raises TokenError for one that is forged, cut short, too old or for another purpose, and NotFoundError once its
    reader is erased.
    """
    subscription_id, _ = door.services.tokens.read(token, purpose, door.now())
    return get_bearer(door, request, connection, subscription_id)


def get_bearer(door: Doorway, request: Request, connection: sa.Connection, subscription_id: int) -> Bearer:
    """Return the same for a subscription that is known already."""
    reader = get_preferences(connection, subscription_id, door.now())
    newsletter = get_newsletter_by_id(connection, reader.newsletter_id)
    return Bearer(door, reader, newsletter, tongue_of(request, newsletter, reader.language))
