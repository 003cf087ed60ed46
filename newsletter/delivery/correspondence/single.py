"""One message that is no edition's: signed like all our mail, and handed to a relay by itself."""

from datetime import datetime
from email.message import EmailMessage

from newsletter.delivery.messages.dkim import sign_message
from newsletter.delivery.messages.dkim_keys import keys_for
from newsletter.delivery.messages.message import Letter, message_id, sender_domain
from newsletter.delivery.outcome import Receipt
from newsletter.delivery.post import Post
from newsletter.delivery.transport import Message
from newsletter.edition.rendering.content import Content
from newsletter.publication.newsletters import Newsletter


def stable_id(post: Post, newsletter: Newsletter, *parts: object) -> str:
    """Return a Message-ID that is the same for each try of the mail that ``parts`` name."""
    return message_id(post.tokens.digest(*parts), 0, newsletter)


def letter_of(content: Content, language: str, address: str, own_id: str, now: datetime) -> Letter:
    """Return a finished content as a letter to one address."""
    return Letter(address, content.subject, content.text, content.html, own_id, now, language)


def submit_single(
    post: Post, newsletter: Newsletter, message: EmailMessage, now: datetime, envelope_from: str | None = None
) -> Receipt:
    """Sign and submit one message; return what became of it. Raises RelayError when the relay refuses us.

    What cannot be delivered is reported to ``envelope_from``: to nobody where it is empty, to the newsletter's
    sender where it is not given.
    """
    text = message.as_bytes()
    keys = keys_for(post.signing_keys, sender_domain(newsletter))
    signature = sign_message(keys, text, now) if keys else b""
    sender = newsletter.sender_address if envelope_from is None else envelope_from
    ends = Message(0, sender, str(message["To"]), signature + text)
    return next(post.transport.submit([ends]))
