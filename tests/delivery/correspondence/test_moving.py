"""The two letters of a change of address: one to each mailbox, neither telling more than it must."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.delivery.correspondence.debt import RETRY_AFTER
from newsletter.delivery.correspondence.moving import MOST_ATTEMPTS, submit_address_letter
from newsletter.edition.rendering.content import Stationery
from newsletter.errors import RelayError
from newsletter.publication.newsletters import change_newsletter
from newsletter.readers.address_changes import due_sides
from newsletter.readers.moving import agree, ask_change
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import SuppressionReason, subscription
from newsletter.tokens import Purpose
from tests.delivery.mail import mailed, memory, over, parse, text_of
from tests.delivery.press import NOW, ORIGIN, Press
from tests.delivery.scripted_relay import CLOSE, ScriptedRelay
from tests.readers.asking import GATE

HOME = "https://news.paper.example"
OLD, NEW = "ann@example.org", "ann@new.example"


@pytest.fixture
def stationery(templates: tuple[Path, ...]) -> Stationery:
    """Give the templates."""
    return Stationery(templates)


@pytest.fixture
def asked(press: Press) -> list[int]:
    """Give the two sides of a change that a reader has asked for: the old address first."""
    (reader_id,) = press.add_readers("ann")
    with press.database.transaction() as connection:
        return ask_change(connection, GATE, reader_id, NEW, NOW)


def test_each_mailbox_is_asked_by_itself(press: Press, stationery: Stationery, asked: list[int]) -> None:
    """The old one is told the new address; the new one, which may be anybody's, is told no other."""
    for side, to in zip(asked, (OLD, NEW), strict=True):
        assert submit_address_letter(press.post, stationery, side, NOW + timedelta(minutes=5))
        message = parse(memory(press).submitted[-1].content)
        assert to == message["To"]
        parts = [text_of(message, kind) for kind in ("plain", "html")]
        link = f"{HOME}/address/{press.tokens.sign(Purpose.ADDRESS, side, NOW)}"
        assert all(link in each for each in parts)
        assert (to == OLD) is all(NEW in each for each in parts)
        assert (to == OLD) is any(OLD in each or NEW in each for each in parts)
        assert "auto-generated" == message["Auto-Submitted"]
        assert message["List-Unsubscribe"] is None
    assert not submit_address_letter(press.post, stationery, asked[0], NOW + timedelta(days=1))


def test_what_bounces_at_the_new_address_is_not_the_reader_s(
    press: Press, stationery: Stationery, asked: list[int]
) -> None:
    """Reports on the old mailbox's letter name the reader; those on the other letter name nobody."""
    press.inbound_domain = "back.paper.example"
    for side in asked:
        submit_address_letter(press.post, stationery, side, NOW)
    old, new = (each.envelope_from for each in memory(press).submitted)
    assert old.endswith("@back.paper.example")
    assert press.newsletter.sender_address == new


@pytest.mark.parametrize("place", [0, 1])
def test_it_speaks_the_reader_s_language(
    press: Press, stationery: Stationery, asked: list[int], place: int
) -> None:
    """And runs from right to left where that does."""
    with press.database.transaction() as connection:
        change_newsletter(connection, press.newsletter.slug, {"languages": "ar"})
        connection.execute(sa.update(subscription).values(language="ar"))
    submit_address_letter(press.post, stationery, asked[place], NOW)
    message = parse(memory(press).submitted[-1].content)
    assert "ar" == message["Content-Language"]
    assert 'dir="rtl"' in text_of(message, "html")


def test_who_has_agreed_is_not_asked(press: Press, stationery: Stationery, asked: list[int]) -> None:
    """Nor is anybody once the change is forgotten."""
    with press.database.transaction() as connection:
        agree(connection, asked[0], ORIGIN, NOW)
    assert [False, False] == [submit_address_letter(press.post, stationery, each, NOW) for each in (asked[0], 99)]
    assert [] == mailed(press)


def test_a_suppressed_mailbox_is_not_asked(press: Press, stationery: Stationery, asked: list[int]) -> None:
    """Suppressed since it was asked for: on either side."""
    with press.database.transaction() as connection:
        for address in (OLD, NEW):
            suppress(connection, address, SuppressionReason.BOUNCE, "", NOW)
    assert not any(submit_address_letter(press.post, stationery, each, NOW) for each in asked)
    assert [] == mailed(press)


def test_a_relay_that_is_away_costs_no_try(press: Press, stationery: Stationery, asked: list[int]) -> None:
    """The letter stays owed for as long as the change is open."""
    with ScriptedRelay(lambda moment: CLOSE if moment.step == "banner" else None) as relay:
        press.transport = over(relay)
        for attempt in range(MOST_ATTEMPTS + 1):
            with pytest.raises(RelayError):
                submit_address_letter(press.post, stationery, asked[0], NOW + attempt * RETRY_AFTER)
        press.transport.close()
    with press.database.transaction() as connection:
        assert asked[0] in due_sides(connection, NOW + timedelta(hours=2))
