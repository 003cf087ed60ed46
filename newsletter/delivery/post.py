"""What a sending needs from outside: the database, who signs links and messages, our address, the way out."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.addressed import address_maker
from newsletter.db import Database
from newsletter.delivery.messages.dkim_keys import SigningKey
from newsletter.delivery.messages.encoding import Encoding
from newsletter.delivery.transport import Transport
from newsletter.tokens import Purpose, Tokens


@dataclass(frozen=True, slots=True)
class Post:
    """Passed to every use case that mails."""

    database: Database
    tokens: Tokens
    public_url: str
    transport: Transport
    signing_keys: tuple[SigningKey, ...] = ()
    encoding: Encoding = Encoding.QUOTED_PRINTABLE
    """How editions are encoded for relays that take any."""
    inbound_domain: str = ""
    """The domain whose mail comes back to us; empty where none does."""

    def address(self, purpose: Purpose, number: int, issued_at: datetime) -> str:
        """Return the signed address that mail about one thing comes back to; nothing where no mail does."""
        if not self.inbound_domain:
            return ""
        return address_maker(self.tokens, purpose, self.inbound_domain, issued_at)(number)

    def link(self, purpose: Purpose, number: int, issued_at: datetime) -> str:
        """Return the signed address at which a reader does one thing."""
        return f"{self.public_url.rstrip('/')}/{purpose}/{self.tokens.sign(purpose, number, issued_at)}"
