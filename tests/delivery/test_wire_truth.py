"""What 2,000 readers really get: both ways, over real sockets, read by parsers that wrote none of it.

One way is the product's own, from rows to octets: ledger, drain, connections. The other is one EmailMessage for
each reader, submitted by smtplib. What their relays kept is read by the email package's parser, and links by lxml.
"""

import smtplib
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa
from lxml import html as lxml_html

from newsletter.delivery.messages.composer import Copy
from newsletter.edition.tables import edition_content, edition_link
from newsletter.publication.tables import newsletter
from newsletter.readers.tables import SubscriptionState, subscriber, subscription
from tests.delivery.mail import over
from tests.delivery.plainly import a_copy, plain_message, readers
from tests.delivery.press import NOW, Press
from tests.delivery.scripted_relay import ScriptedRelay
from tests.delivery.smtp.test_session import PIPELINING, greeted

READERS = 2000
_EITHER_WAY = frozenset({"content-transfer-encoding", "mime-version"})
"""How parts are encoded is each way's own affair; what they decode to is compared."""

# Most headers are the same in all messages, and the package takes its time over each.
_PARSER = BytesParser(policy=default.clone(header_factory=cache(HeaderRegistry())))


class Read(NamedTuple):
    """What a reader's program makes of a message; addresses of links stand with where they were found."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    links: list[tuple[str, str]]


def read(raw: bytes) -> Read:
    """Read a message of two parts, the plain one first."""
    message = _PARSER.parsebytes(raw)
    assert isinstance(message, EmailMessage)
    whole, *parts = message.walk()
    assert ["multipart/alternative", "text/plain", "text/html"] == [
        each.get_content_type() for each in (whole, *parts)
    ]
    assert ["utf-8", "utf-8"] == [part.get_content_charset() for part in parts]
    assert [] == [defect for each in (whole, *parts) for defect in each.defects]
    text, html = (str(part.get_content()) for part in parts)
    headers = [
        (f"{number} {name.lower()}", str(value))
        for number, part in enumerate((whole, *parts))
        for name, value in part.items()
        if name.lower() not in _EITHER_WAY and (number or name.lower() != "content-type")
    ]
    return Read(sorted(headers), text, html, _links(text, html))


def _links(text: str, html: str) -> list[tuple[str, str]]:
    """Return every address in the HTML and in the text, in order."""
    found = lxml_html.document_fromstring(html).xpath("//@href | //@src")
    in_text = [("text", word) for word in text.split() if word.startswith("http")]
    return [(str(each.attrname), str(each)) for each in found] + in_text


def press_edition(press: Press) -> int:
    """Return an edition as our templates print it, with counted links, being sent to everybody."""
    content = a_copy(2).content
    with press.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(track_clicks=True))
        rows = [{"address": each, "canonical_address": each.lower()} for _, each in readers(READERS)]
        ids = connection.execute(sa.insert(subscriber).returning(subscriber.c.id), rows).scalars().all()
        active = {"newsletter_id": press.newsletter.id, "state": SubscriptionState.ACTIVE}
        moments = {"requested_at": NOW, "confirmed_at": NOW}
        connection.execute(sa.insert(subscription), [{"subscriber_id": each, **active, **moments} for each in ids])
    edition_id = press.make_ready([])
    printed = {name: getattr(content, name) for name in ("subject", "preheader", "text", "html", "marker")}
    links = [{"edition_id": edition_id, "number": n, "url": url} for n, url in enumerate(content.links, start=1)]
    with press.database.transaction() as connection:
        connection.execute(sa.update(edition_content).values(printed))
        connection.execute(sa.insert(edition_link), links)
    press.start(edition_id)
    return edition_id


def submit_plainly(press: Press, copy: Copy, port: int) -> None:
    """Submit one EmailMessage after another as a program of one screen would."""
    query = sa.select(subscription.c.id, subscriber.c.address).join(
        subscriber, subscriber.c.id == subscription.c.subscriber_id
    )
    with press.database.transaction() as connection:
        everybody = [(row.id, row.address) for row in connection.execute(query)]
    with smtplib.SMTP("127.0.0.1", port) as client:
        for subscription_id, address in everybody:
            message = plain_message(copy, press.tokens, subscription_id, address)
            client.send_message(message, "news@paper.example", [address])


def kept_by(relay: ScriptedRelay) -> dict[str, bytes]:
    """Return the octets that a relay keeps for each reader; none of them has two messages."""
    kept = {each.recipient: each.content for each in relay.kept}
    assert len(kept) == len(relay.kept) == READERS
    return kept


def test_everybody_gets_what_the_plain_way_says(press: Press) -> None:
    """For each of 2,000 readers, over sockets: equal headers, equal parts, equal links, all links their own."""
    edition_id = press_edition(press)
    copy = press.copy(edition_id)
    with ScriptedRelay(greeted(PIPELINING)) as ours, ScriptedRelay(greeted(PIPELINING)) as theirs:
        press.transport = over(ours, connections=40)
        try:
            assert READERS == press.submit(edition_id).settled
        finally:
            press.transport.close()
        submit_plainly(press, copy, theirs.port)
    all_expected = kept_by(theirs)
    tokens = set()
    for address, raw in kept_by(ours).items():
        received = read(raw)
        assert read(all_expected[address]) == received
        counted = [link.rpartition("/") for where, link in received.links if where == "text" and "/c/" in link]
        assert [str(number) for number in range(1, len(copy.content.links) + 1)] == [each[2] for each in counted]
        tokens |= {each[0] for each in counted}
    assert READERS == len(tokens), "nobody's links are another's"
