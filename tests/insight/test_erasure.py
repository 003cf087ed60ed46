"""Erasing a reader: everything of theirs goes, nothing of anybody else, and one keyed hash stays."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.addressed import address_maker
from newsletter.db import Database
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.delivery.reconcile import close_edition
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import exclusion
from newsletter.delivery.transport import MemoryTransport, Message
from newsletter.edition.store import get_edition
from newsletter.edition.tables import edition_link
from newsletter.inbound.tables import auto_reply, inbound_mail, owed_reply, report
from newsletter.insight import gathered
from newsletter.insight.erasure import erase_reader
from newsletter.insight.holdings import holdings_of
from newsletter.insight.tables import click, recommendation
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.address import canonical_address
from newsletter.readers.forgotten import address_hash
from newsletter.readers.letters import owe_letter
from newsletter.readers.store import put_subscriber
from newsletter.readers.suppressions import find_suppression, list_suppressions, suppress
from newsletter.readers.tables import (
    LetterKind,
    Side,
    SuppressionReason,
    address_change,
    address_side,
    allowance,
    sign_up,
    subscriber,
    subscription,
)
from newsletter.schema import TABLES
from newsletter.tokens import Purpose, Tokens
from tests.delivery.press import NOW, Press
from tests.tracing import Tracer

READER = "Zwgrnpqk.1906"
ADDRESS = f"{READER}@example.org"
OTHER = "bob@example.org"
OF_STAFF = {"admin", "login_failure", "newsletter"}
"""Whose columns named address are those of who works here."""


@pytest.fixture
def press(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path) -> Press:
    """Give the press of a newsletter that keeps its mail in memory."""
    return Press(database, daily, tokens, FileJournals(tmp_path / "journals"))


@pytest.fixture
def full(press: Press) -> Press:
    """Give a press that has something of our reader, and of Bob, in every table that may hold it."""
    (article_id,) = press.put_articles("one")
    press.add_readers(READER, "bob")
    edition_id = press.make_ready([article_id])
    press.start(edition_id)
    press.submit(edition_id)
    for address, about in ((ADDRESS, OTHER), (OTHER, ADDRESS)):
        with press.database.transaction() as connection:
            _put_rows(connection, press, (edition_id, article_id), address, about)
    return press


def _put_rows(connection: sa.Connection, press: Press, numbers: tuple[int, int], address: str, about: str) -> None:
    """Write down of a reader what an installation may know of them; ``about`` is whom a relay's words name."""
    edition_id, article_id = numbers
    reader = put_subscriber(connection, address)
    number = connection.execute(
        sa.select(subscription.c.id).where(subscription.c.subscriber_id == reader)
    ).scalar_one()
    link = {"edition_id": edition_id, "number": number, "url": "https://paper.example"}
    connection.execute(sa.insert(edition_link).values(link))
    owe_letter(connection, number, LetterKind.WELCOME, NOW)
    voted = {"article_id": article_id, "subscription_id": number, "edition_id": edition_id, "recommended_at": NOW}
    connection.execute(sa.insert(recommendation).values(voted))
    followed = {"edition_id": edition_id, "number": number, "subscription_id": number, "automatic": False}
    connection.execute(sa.insert(click).values(**followed, clicked_at=NOW))
    left_out = {"edition_id": edition_id, "subscription_id": number, "reason": "suppressed"}
    connection.execute(sa.insert(exclusion).values(left_out))
    change = sa.insert(address_change).values(
        subscriber_id=reader, subscription_id=number, new_address=f"new-{number}@example.org", asked_at=NOW
    )
    change_id = connection.execute(change.returning(address_change.c.id)).scalar_one()
    connection.execute(
        sa.insert(address_side), [{"address_change_id": change_id, "side": side} for side in (Side.OLD, Side.NEW)]
    )
    told = {"kind": "transient", "reason": "mailbox full", "diagnostic": f"452 4.2.2 <{about}> is full"}
    seen = {"reported_at": NOW, "source": "mail", "event": address}
    connection.execute(sa.insert(report).values(**seen, **told, subscriber_id=reader, edition_id=edition_id))
    wish = {"address": address, "newsletter_ids": [press.newsletter.id], "how": "form", "asked_at": NOW}
    connection.execute(sa.insert(sign_up).values(wish))
    answer = {"newsletter_id": press.newsletter.id, "address": address, "language": "en", "owed_at": NOW}
    connection.execute(sa.insert(owed_reply).values(**answer, facts={"to": address}))
    known = address_hash(press.tokens, address)
    connection.execute(sa.insert(auto_reply).values(address_hash=known, replied_on=NOW.date()))
    connection.execute(sa.insert(allowance).values(bucket=f"address:{known.hex()}", used_until_at=NOW))
    suppress(connection, address, SuppressionReason.BOUNCE, f"550 5.1.1 {address}?", NOW)
    for mail in _mails(press, number, address):
        connection.execute(sa.insert(inbound_mail).values(received_at=NOW, source="lmtp", **mail))


def _mails(press: Press, number: int, address: str) -> Iterator[dict[str, object]]:
    """Yield messages from a reader, about them, and to an address that only their mail has."""
    leave = address_maker(press.tokens, Purpose.UNSUBSCRIBE, "news.paper.example", NOW)(number)
    for sender, to, text in (
        (address, "subscribe@news.paper.example", "hello"),
        ("", "bounces@news.paper.example", f"Final-Recipient: rfc822;{address.upper()}"),
        ("", leave, "no name in it"),
    ):
        octets = f"Subject: x\n\n{number} {text}\n".encode()
        yield {"envelope_from": sender, "envelope_to": to, "octets": octets, "digest": octets[:20]}


def erase(press: Press, address: str = ADDRESS) -> dict[str, int]:
    """Erase a reader, at a moment."""
    with press.database.transaction() as connection:
        return erase_reader(connection, press.tokens, address, NOW)


def everything(database: Database) -> dict[str, list[str]]:
    """Return every row there is, by table."""
    with database.transaction() as connection:
        return {
            table.name: sorted(
                connection.execute(sa.text(f'SELECT whole::text FROM "{table.name}" AS whole')).scalars()
            )
            for table in TABLES.sorted_tables
        }


def test_nothing_of_a_reader_is_left(full: Press) -> None:
    """Before, their address is in many places; afterwards it is in none, however it is written."""
    tracer = Tracer(ADDRESS)
    found = tracer.in_database(full.database)
    assert {
        *(
            "subscriber.address",
            "subscriber.canonical_address",
            "suppression.canonical_address",
            "suppression.detail",
        ),
        *("report.event", "report.diagnostic", "inbound_mail.octets", "inbound_mail.envelope_from"),
        *("sign_up.address", "owed_reply.address", "owed_reply.facts"),
    } == found
    erase(full)
    assert set() == tracer.in_database(full.database)


def test_erased_while_their_mail_is_on_its_way(press: Press) -> None:
    """What the relay says of them then is written down nowhere, and all others get their copy."""
    press.add_readers(READER, "bob")
    edition_id = press.make_ready(press.put_articles("one"))
    press.start(edition_id)

    def answer(message: Message) -> tuple[int, str]:
        if canonical_address(message.envelope_to) != canonical_address(ADDRESS):
            return 250, "2.0.0 kept"
        erase(press)
        return 550, f"5.1.1 <{ADDRESS}> is nobody"

    press.transport = MemoryTransport(answer)
    press.submit(edition_id)
    assert set() == Tracer(ADDRESS).in_database(press.database)
    assert {DeliveryState.ACCEPTED: 1} == press.counts(edition_id)
    with press.database.transaction() as connection:
        get_edition(connection, edition_id, lock=True)
        assert close_edition(connection, edition_id, NOW)


def test_the_rows_are_told_by_table(full: Press) -> None:
    """Each table that held something is named, with how many rows it was."""
    expected = dict.fromkeys((each.name for each in (*gathered.OF_SUBSCRIPTION, *gathered.OF_SUBSCRIBER)), 1)
    expected |= dict.fromkeys(("subscriber", "sign_up", "owed_reply", "auto_reply", "allowance", "suppression"), 1)
    assert {**expected, "address_side": 2, "inbound_mail": 3, "words": 1} == erase(full)


def test_nothing_of_anybody_else_goes(full: Press) -> None:
    """Every row that is not theirs is as it was, but for a relay's words that name them."""
    before = everything(full.database)
    erase(full)
    after = everything(full.database)
    with full.database.transaction() as connection:
        (bob,) = connection.execute(sa.select(subscriber.c.canonical_address)).scalars()
        (words,) = connection.execute(sa.select(report.c.diagnostic)).scalars()
    assert (OTHER, "") == (bob, words)
    changed = {name: set(after[name]) - set(before[name]) for name in after if name != "report"}
    assert {"suppression"} == {name for name, rows in changed.items() if rows}


def test_erasing_again_is_no_error(full: Press) -> None:
    """A second press finds only the hash of the first, and leaves it."""
    erase(full)
    before = everything(full.database)
    assert {"suppression": 1} == erase(full, ADDRESS.upper())
    after = everything(full.database)
    assert {name: rows for name, rows in before.items() if name != "suppression"} == {
        name: rows for name, rows in after.items() if name != "suppression"
    }


def test_somebody_s_wish_to_move_to_the_address_goes_too(full: Press) -> None:
    """Bob wanted to be mailed there: the wish is forgotten, and Bob stays where he is."""
    with full.database.transaction() as connection:
        connection.execute(
            sa.update(address_change)
            .where(address_change.c.subscriber_id == put_subscriber(connection, OTHER))
            .values(new_address=ADDRESS)
        )
    assert 4 == erase(full)["address_side"]
    with full.database.transaction() as connection:
        assert [] == connection.execute(sa.select(address_change)).all()
        assert [OTHER] == list(connection.execute(sa.select(subscriber.c.address)).scalars())


@pytest.mark.parametrize(
    ("reason", "expires_in", "kept"),
    [
        (None, None, SuppressionReason.ERASED),
        (SuppressionReason.COMPLAINT, None, SuppressionReason.COMPLAINT),
        (SuppressionReason.BOUNCE, 1, SuppressionReason.BOUNCE),
        (SuppressionReason.BOUNCE, -1, SuppressionReason.ERASED),
    ],
)
def test_what_is_kept_is_why_nobody_else_may_bring_them_back(
    press: Press, reason: SuppressionReason | None, expires_in: int | None, kept: SuppressionReason
) -> None:
    """The reason stays, without its words, or that they were erased; it bars an operator for ever."""
    press.add_readers(READER)
    if reason:
        ends = NOW + timedelta(days=expires_in) if expires_in else None
        with press.database.transaction() as connection:
            suppress(connection, ADDRESS, reason, "what a relay said", NOW - timedelta(days=9), expires_at=ends)
    erase(press)
    with press.database.transaction() as connection:
        told = [(each.told, each.reason, each.detail) for each in list_suppressions(connection)]
        later = datetime(2036, 1, 1, tzinfo=UTC)
        found = find_suppression(connection, press.tokens, ADDRESS, later)
    assert [("(erased)", kept, "")] == told
    assert found
    assert found.reason is (SuppressionReason.ERASED if expires_in else kept)


def test_an_address_that_we_never_knew_is_kept_out_as_well(press: Press) -> None:
    """Whoever says so in advance is heard."""
    assert {} == erase(press)
    with press.database.transaction() as connection:
        assert find_suppression(connection, press.tokens, ADDRESS, NOW)


def test_no_table_is_overlooked() -> None:
    """Every table that points at a reader, or has a column for an address, is looked at when one is erased."""
    owned = {each.name for each in (*gathered.OF_SUBSCRIPTION, *gathered.OF_SUBSCRIBER, *gathered.OF_THESE)}
    pointing = {
        table.name
        for table in TABLES.sorted_tables
        if {"subscription_id", "subscriber_id", "address_change_id"} & set(table.c.keys())
    }
    assert pointing == owned
    addressed = {
        table.name
        for table in TABLES.sorted_tables
        if any(name.endswith(("address", "address_hash", "envelope_from")) for name in set(table.c.keys()))
    }
    assert {
        "subscriber",
        "suppression",
        "sign_up",
        "address_change",
        "owed_reply",
        "inbound_mail",
        "auto_reply",
    } == (addressed - OF_STAFF)


def test_what_is_erased_is_what_was_shown(full: Press) -> None:
    """Of every table in which a reader has rows, all we hold says something."""
    with full.database.transaction() as connection:
        shown = holdings_of(connection, put_subscriber(connection, ADDRESS))
    parts = json.loads(json.dumps(shown))
    (standing,) = parts["subscriptions"]
    empty = {name for part in (parts, standing) for name, value in part.items() if value in ([], {})}
    assert {"confirmation_asks", "sections"} == empty
    assert canonical_address(ADDRESS) in repr(shown).lower()
