"""The alarm about complaints: from one in a thousand on, where there are enough messages to tell."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.delivery.states import DeliveryState
from newsletter.inbound.report.record import Told, record_report
from newsletter.inbound.report.reported import Kind, Reason, Reported
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.tables import subscription
from newsletter.schedule.alarms import alarms_in_force
from newsletter.schedule.reputation import LOOKED_BACK, watch_complaints
from newsletter.tokens import Tokens
from tests.delivery.press import NOW, Press

READERS = 1500


@pytest.fixture
def press(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path) -> Press:
    """Give a newsletter whose edition 1,500 readers got."""
    made = Press(database, daily, tokens, FileJournals(tmp_path / "journals"))
    made.send(*(f"reader{number}" for number in range(READERS)))
    made.change(sa.true(), state=DeliveryState.ACCEPTED)
    return made


def complain(press: Press, *readers: int, reason: Reason = Reason.ABUSE) -> None:
    """Let readers report the edition as spam."""
    with press.database.transaction() as connection:
        ids = (
            connection.execute(sa.select(subscription.c.subscriber_id).order_by(subscription.c.id)).scalars().all()
        )
        for reader in readers:
            reported = Reported(f"reader{reader}@example.org", Kind.COMPLAINT, reason)
            record_report(connection, Told("mail", f"{reader}", reported, ids[reader], 1), 5, NOW)


def alarms(press: Press, days: float = 0) -> list[str]:
    """Look, some days later; return what the alarms in force say."""
    now = NOW + timedelta(days=days)
    with press.database.transaction() as connection:
        watch_complaints(connection, now)
        return [each.reason for each in alarms_in_force(connection)]


def test_one_in_a_thousand_raises_it(press: Press) -> None:
    """The second complaint of 1,500 messages is too many; it is told once, and over in a week."""
    complain(press, 0)
    assert alarms(press) == []
    complain(press, 1)
    (reason,) = alarms(press)
    assert reason.startswith("2 readers of daily/2026-03-02 reported it as spam, of 1500 messages")
    assert "(0.13%)" in reason
    complain(press, 2)
    assert [reason] == alarms(press)
    assert alarms(press, LOOKED_BACK.days + 1) == []


def test_few_messages_say_nothing(press: Press) -> None:
    """Two complaints of 900 messages raise none, nor do reports on our signatures."""
    press.change(sa.column("id") > 900, state=DeliveryState.FAILED)
    complain(press, 0, 1)
    assert alarms(press) == []
    press.change(sa.column("id") > 900, state=DeliveryState.ACCEPTED)
    complain(press, 2, 3, reason=Reason.AUTHENTICATION)
    assert len(alarms(press)) == 1


def test_reports_on_signatures_are_no_complaints(press: Press) -> None:
    """RFC 6591 reports have the form of a complaint, and are nobody's."""
    complain(press, 0, 1, 2, reason=Reason.AUTHENTICATION)
    assert alarms(press) == []
