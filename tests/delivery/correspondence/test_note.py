"""Notes to those who make the newsletter: owed until they are paid, mailed by one of many."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.delivery.correspondence.debt import RETRY_AFTER, Debt
from newsletter.delivery.correspondence.note import MOST_ATTEMPTS, Note, submit_note
from newsletter.edition.rendering.content import Content
from newsletter.errors import RelayError
from newsletter.schedule.tables import AlarmKind, alarm
from tests.delivery.mail import mailed, memory, over, parse, text_of
from tests.delivery.press import NOW, Press
from tests.delivery.scripted_relay import CLOSE, Moment, ScriptedRelay

EDITORS = ["ed@paper.example", "chief@paper.example"]
DEBT = Debt(alarm, alarm.c.about == "all", MOST_ATTEMPTS)


def owe(press: Press) -> None:
    """Let an alarm be owed from NOW on."""
    row = {"kind": AlarmKind.TICK, "about": "all", "reason": "Silence.", "raised_at": NOW, "mail_due_at": NOW}
    with press.database.transaction() as connection:
        connection.execute(sa.insert(alarm).values(row))


def submit(press: Press, at: datetime = NOW, subject: str = "Alarm") -> bool:
    """Try to mail what is owed."""
    content = Content(subject, "", "Nothing runs: naïve.\n", "<p>Nothing runs: naïve.</p>\n", "")
    note = Note("alarm 1", content, press.newsletter, EDITORS)
    return submit_note(press.post, DEBT, [note], at)


def owed(press: Press) -> tuple[datetime | None, int]:
    """Return when the note is due, and how many attempts count."""
    with press.database.transaction() as connection:
        due_at, attempts = connection.execute(sa.select(alarm.c.mail_due_at, alarm.c.mail_attempts)).one()
    return due_at, attempts


def test_each_editor_is_mailed_once(press: Press) -> None:
    """What the relay took is owed no more; before it is due nothing leaves."""
    owe(press)
    assert not submit(press, NOW - timedelta(seconds=1))
    assert submit(press)
    assert EDITORS == mailed(press)
    assert not submit(press, NOW + timedelta(days=1))
    assert EDITORS == mailed(press)
    assert (None, 1) == owed(press)


def test_a_note_is_mail_that_no_machine_answers(press: Press) -> None:
    """It has text and HTML, says that it is generated (RFC 3834 §5), and nothing of a mailing to readers."""
    owe(press)
    submit(press, subject="Édition manquée")
    message = parse(memory(press).submitted[0].content)
    assert ("auto-generated", "en") == (message["Auto-Submitted"], message["Content-Language"])
    assert ("Édition manquée", EDITORS[0]) == (message["Subject"], message["To"])
    assert "naïve" in text_of(message, "plain")
    assert "<p>Nothing runs: naïve.</p>" in text_of(message, "html")
    assert message["Precedence"] is None
    assert not [name for name in message.keys() if name.lower().startswith("list-")]  # noqa: SIM118 — the keys of a message are its headers


def test_two_processes_at_once(press: Press) -> None:
    """However many look at the same moment, one mails it."""
    owe(press)
    together = threading.Barrier(4)

    def process() -> bool:
        together.wait()
        return submit(press)

    with ThreadPoolExecutor(4) as pool:
        results = [future.result() for future in [pool.submit(process) for _ in range(4)]]
    assert [False, False, False, True] == sorted(results)
    assert EDITORS == mailed(press)


def test_what_is_put_off_is_tried_again_under_the_same_name(press: Press) -> None:
    """So often and no more; the Message-ID lets a program drop what it has."""
    owe(press)
    memory(press).answer = lambda _: (451, "4.3.0 later")
    for attempt in range(MOST_ATTEMPTS + 3):
        assert not submit(press, NOW + attempt * RETRY_AFTER)
    assert EDITORS * MOST_ATTEMPTS == mailed(press)
    assert (None, MOST_ATTEMPTS) == owed(press)
    assert 2 == len({parse(each.content)["Message-ID"] for each in memory(press).submitted})


def test_one_address_that_is_put_off_has_nobody_else_mailed_again(press: Press) -> None:
    """Who had their answer, a refusal too, is left alone, also across a relay that went away in between."""
    owe(press)
    memory(press).answer = lambda each: (
        (451, "4.3.0 later") if each.envelope_to == EDITORS[1] else (250, "2.0.0 ok")
    )
    assert not submit(press)
    assert not submit(press, NOW + RETRY_AFTER)
    assert [*EDITORS, EDITORS[1]] == mailed(press)
    memory(press).answer = lambda _: (250, "2.0.0 ok")
    assert submit(press, NOW + 2 * RETRY_AFTER)
    assert [*EDITORS, EDITORS[1], EDITORS[1]] == mailed(press)
    assert (None, 3) == owed(press)


def test_a_relay_that_goes_away_half_way_leaves_the_rest_to_be_mailed(press: Press) -> None:
    """What it took before is not given to it again."""
    owe(press)

    def decide(moment: Moment) -> str | None:
        is_second = moment.step == "rcpt" and EDITORS[1] in moment.argument
        return CLOSE if is_second else None

    with ScriptedRelay(decide) as relay:
        press.transport = over(relay)
        with pytest.raises(RelayError):
            submit(press)
        assert 0 == owed(press)[1]
        relay.decide = lambda _: None
        assert submit(press, NOW + RETRY_AFTER)
        press.transport.close()
    assert EDITORS == relay.recipients()


def test_a_refused_address_is_not_tried_again(press: Press) -> None:
    """An editor whose address is refused for good keeps nothing from the other."""
    owe(press)
    memory(press).answer = lambda each: (
        (550, "5.1.1 who?") if each.envelope_to == EDITORS[0] else (250, "2.0.0 ok")
    )
    assert submit(press)
    assert (None, 1) == owed(press)


def test_a_relay_that_is_away_costs_no_attempt(press: Press) -> None:
    """However long it is away, the note goes out when it is back."""
    owe(press)
    with ScriptedRelay(lambda moment: CLOSE if moment.step == "banner" else None) as relay:
        press.transport = over(relay)
        for attempt in range(MOST_ATTEMPTS + 2):
            with pytest.raises(RelayError):
                submit(press, NOW + attempt * RETRY_AFTER)
        relay.decide = lambda _: None
        assert 0 == owed(press)[1]
        assert submit(press, NOW + timedelta(days=1))
        press.transport.close()
    assert EDITORS == relay.recipients()
