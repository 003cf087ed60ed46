"""From content to one reader's RFC 5322 message. Pure: the same delivery always gives the same bytes."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any, NamedTuple

from newsletter.delivery.messages.encoding import QUOTED, Encoding, Encodings
from newsletter.publication.newsletters import Newsletter

_WRITTEN_HERE = re.compile(
    r"from|to|reply-to|in-reply-to|references|subject|message-id|list-.*|feedback-id|precedence|auto-submitted",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
"""What a display name may hold without quotes (RFC 5322 §3.2.3)."""

_LINE = 76
_SHORT = 60


class WirePolicy(EmailPolicy):
    """SMTP's line ends, and most headers exactly as they are written here.

    The library reads a header before it writes it: what looks like an encoded word in a feed's headline would be
    decoded, line ends and all, into headers of the feed's own making. And its folding turns a List-Unsubscribe
    link of some 76 characters or more into an encoded word, which is a link no longer (RFC 2047 §5).
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep a header of ours unread. Raises ValueError for a line end that is no fold."""
        if not _WRITTEN_HERE.fullmatch(name):
            return super().header_store_parse(name, value)
        if re.search(r"[\r\n]", str(value).replace("\r\n ", "")):
            raise ValueError(f"A line end in the header {name}.")
        return name, value

    def fold(self, name: str, value: Any) -> str:
        """Fold one header."""
        return self._as_written(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Fold one header into bytes; only a reader's address may go beyond ASCII (RFC 6532 §3.2)."""
        charset = "utf-8" if name.lower() == "to" else "ascii"
        return self._as_written(name, value).encode(charset) or super().fold_binary(name, value)

    def _as_written(self, name: str, value: Any) -> str:
        return f"{name}: {value}{self.linesep}" if _WRITTEN_HERE.fullmatch(name) else ""


WIRE = WirePolicy(linesep="\r\n", max_line_length=_LINE, raise_on_defect=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """What differs from one message of an edition to the next, already filled in."""

    address: str
    subject: str
    text: str
    html: str
    message_id: str
    dated_at: datetime
    language: str = ""
    """A tag (BCP 47) for Content-Language, or nothing."""
    kind: str = "digest"
    """What of the newsletter's mail this is: providers count complaints by it (Feedback-ID)."""


class Leaving(NamedTuple):
    """How a reader's mail program lets them go: a link that takes one POST (RFC 8058), and an address to mail to.

    Without an address, no mail comes back to us.
    """

    url: str
    address: str = ""


def message_id(digest: bytes, number: int, newsletter: Newsletter) -> str:
    """Return the Message-ID that every copy of one delivery has, on the sender's own domain."""
    return f"<{number}.{digest.hex()}@{sender_domain(newsletter)}>"


def sender_domain(newsletter: Newsletter) -> str:
    """Return the domain that the newsletter is sent from."""
    return newsletter.sender_address.rpartition("@")[2]


def compose(letter: Letter, newsletter: Newsletter, encodings: Encodings = QUOTED) -> EmailMessage:
    """Return a message with the headers that all our messages have, text first (RFC 2046 §5.1.4)."""
    message = _headed(letter, newsletter)
    message.set_content(letter.text, cte=encodings.text)
    message.add_alternative(letter.html, subtype="html", cte=encodings.html)
    if Encoding.EIGHT_BIT in encodings:
        # The whole is labelled like its parts (RFC 2045 §6.4); unlabelled, it would claim to be 7bit.
        message["Content-Transfer-Encoding"] = Encoding.EIGHT_BIT
    if letter.language:
        # RFC 3282 §2. Only now: a header of content that is there before the parts goes into the first of them.
        message["Content-Language"] = letter.language
    message.set_boundary(f"=-{letter.message_id.strip('<>').partition('@')[0]}")
    return message


def compose_edition(
    letter: Letter,
    newsletter: Newsletter,
    leaving: Leaving,
    archive_url: str,
    encodings: Encodings = QUOTED,
) -> EmailMessage:
    """Return an edition's message, with what list software and providers want to know about it.

    List-Unsubscribe and its Post companion are RFC 8058, List-Id RFC 2919, List-Archive RFC 2369.
    """
    message = compose(letter, newsletter, encodings)
    domain = sender_domain(newsletter)
    _name_list(message, newsletter, leaving)
    message["List-Archive"] = f"<{archive_url}>"
    message["Feedback-ID"] = f"{letter.dated_at:%Y%m%d}:{newsletter.slug}:{letter.kind}:{_sender_id(domain)}"
    message["Precedence"] = "bulk"
    return message


def compose_generated(letter: Letter, newsletter: Newsletter, reply_to: str = "") -> EmailMessage:
    """Return a mail of ours to one person, which is no list mail: machines must not answer it (RFC 3834 §5).

    What people answer goes to ``reply_to``, an address of ours, where there is one.
    """
    message = compose(letter, newsletter)
    message["Auto-Submitted"] = "auto-generated"
    if reply_to:
        message["Reply-To"] = reply_to
    return message


def compose_welcome(letter: Letter, newsletter: Newsletter, leaving: Leaving) -> EmailMessage:
    """Return the first mail of a list to a reader: which list it is, and how to leave it (RFC 2919, RFC 8058).

    It is to one reader alone, so it is no bulk.
    """
    message = compose_generated(letter, newsletter)
    _name_list(message, newsletter, leaving)
    return message


def _name_list(message: EmailMessage, newsletter: Newsletter, leaving: Leaving) -> None:
    message["List-Id"] = f"{_list_name(newsletter)} <{newsletter.slug}.{sender_domain(newsletter)}>"
    # The link first, on a line of its own (RFC 2369 §2: they are tried in this order).
    by_mail = f",\r\n <mailto:{leaving.address}?subject=unsubscribe>" if leaving.address else ""
    message["List-Unsubscribe"] = f"<{leaving.url}>{by_mail}"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _headed(letter: Letter, newsletter: Newsletter) -> EmailMessage:
    message = EmailMessage(policy=WIRE)
    message["From"] = f"{_phrase(newsletter.name)}<{newsletter.sender_address}>"
    message["To"] = letter.address
    message["Subject"] = _unstructured(letter.subject)
    message["Date"] = format_datetime(letter.dated_at)
    message["Message-ID"] = letter.message_id
    return message


def _phrase(name: str) -> str:
    """Return a display name and the space after it: plain, quoted, or in encoded words on lines of their own.

    RFC 5322 §3.2.5; RFC 2047 §2 gives a line with an encoded word 76 characters.
    """
    written = _unstructured(name)
    if written != name:
        return f"{written}\r\n "
    if _WORDS.fullmatch(name):
        return f"{name} "
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'"{escaped}" '


def _unstructured(text: str) -> str:
    """Return text for a header: as it is where it is short and cannot be misread, else in encoded words."""
    if text.isascii() and text.isprintable() and "=?" not in text and text == text.strip() and len(text) <= _SHORT:
        return text
    return Header(text, "utf-8", _LINE, "Subject").encode(linesep="\r\n")


def _list_name(newsletter: Newsletter) -> str:
    """Return the phrase of List-Id: the newsletter's name, or its slug where the name needs encoding."""
    phrase = _phrase(newsletter.name).strip()
    return phrase if phrase.isascii() and "=?" not in phrase else newsletter.slug


def _sender_id(domain: str) -> str:
    """Return 5 to 15 letters and digits that stand for the sender in Feedback-ID."""
    return re.sub(r"[^a-z0-9]", "", domain.lower())[:15].ljust(5, "0")
