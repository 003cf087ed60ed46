"""The gate: what is ready is checked before it is sent, and what blocks holds it until a person has a word."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError
from newsletter.preflight.finding import Finding, Outcome, block, warn
from newsletter.preflight.store import Checked, overrule, save_check
from newsletter.publication.newsletters import change_newsletter
from newsletter.schedule.advance import Pace
from newsletter.schedule.alarms import Alarm, alarms_in_force, due_alarms
from newsletter.schedule.checking import UNCHECKED, Gate, Way, judge_check, refuse_held, watch_checks
from newsletter.schedule.judge import judge
from newsletter.schedule.request import reassemble
from newsletter.schedule.tables import AlarmKind
from newsletter.schedule.tick import tick
from newsletter.schedule.verdict import VerdictKind
from newsletter.schedule.watchdog import Patience, watch
from tests.schedule.conftest import Desk

LIMIT = timedelta(minutes=3)
BAD = replace(block("A link is gone: 404.", "https://paper.example/1", "Take it out."), check="links alive")


@pytest.fixture
def gate(ready_to_send: Desk) -> Desk:
    """Give a desk whose editions are checked, with enough for one."""
    ready_to_send.pace = replace(ready_to_send.pace, preflight_limit=LIMIT)
    return ready_to_send


def found(desk: Desk, edition_id: int, *findings: Finding) -> None:
    """Let a check have found this."""
    with desk.database.transaction() as connection:
        save_check(connection, desk.edition(edition_id), findings, desk.now)


def alarms(desk: Desk) -> list[Alarm]:
    with desk.database.transaction() as connection:
        return [each for each in alarms_in_force(connection) if each.kind is AlarmKind.PREFLIGHT]


def ring(edition_id: int) -> list[Bell]:
    return [Bell(TaskName.PREFLIGHT_EDITION, edition_id)]


def a_check(*findings: Finding, overruled_by: str = "") -> Checked:
    worst = Outcome.BLOCK if BAD in findings else Outcome.WARN
    return Checked(1, "hash", worst, findings, LIMIT, overruled_by)  # type: ignore[arg-type]  # no moment is looked at


@pytest.mark.parametrize(
    ("checked", "holds", "is_overdue", "expected"),
    [
        (None, True, False, Gate(Way.WAIT, True)),
        (None, True, True, Gate(Way.GO, True, note=UNCHECKED)),
        (a_check(warn("So so.")), True, False, Gate(Way.GO)),
        (
            a_check(BAD, BAD),
            True,
            True,
            Gate(Way.HELD, reason="Held before it was sent: A link is gone: 404 (https://paper.example/1)."),
        ),
        (
            a_check(BAD),
            False,
            False,
            Gate(Way.GO, note="Found before it was sent: A link is gone: 404 (https://paper.example/1)."),
        ),
        (
            a_check(BAD, overruled_by="ann"),
            True,
            False,
            Gate(Way.GO, note="ann let it go although: A link is gone: 404 (https://paper.example/1)."),
        ),
    ],
)
def test_the_gate_is_judged(checked: Checked | None, *, holds: bool, is_overdue: bool, expected: Gate) -> None:
    """Without a check it waits, and after the time for it goes on; what blocks holds it unless told otherwise."""
    assert expected == judge_check(checked, holds=holds, is_overdue=is_overdue)


def test_an_edition_is_checked_before_it_is_sent(gate: Desk) -> None:
    """Ready, it rings for its check and waits; once nothing blocks it is sent."""
    edition_id = gate.plan()
    assert ring(edition_id) == gate.advance(edition_id)
    assert ring(edition_id) == gate.advance(edition_id)
    assert EditionState.READY is gate.edition(edition_id).state
    found(gate, edition_id, warn("So so."))
    assert [Bell(TaskName.SUBMIT_EDITION, edition_id)] * 2 == gate.advance(edition_id)
    sending = gate.edition(edition_id)
    assert (EditionState.SENDING, "", []) == (sending.state, sending.reason, sending.notes)


def test_what_blocks_holds_it(gate: Desk) -> None:
    """It stays ready, its verdict says held and why, and its editors are owed an alarm with every finding."""
    edition_id = gate.plan()
    gate.advance(edition_id)
    found(gate, edition_id, BAD)
    assert [] == gate.advance(edition_id)
    assert [] == gate.advance(edition_id)
    held = gate.edition(edition_id)
    assert EditionState.READY is held.state
    with gate.database.transaction() as connection:
        verdict = judge(connection, held)
        owed = due_alarms(connection, gate.now)
    assert (VerdictKind.HELD, "Held before it was sent: A link is gone: 404 (https://paper.example/1).") == (
        verdict.kind,
        verdict.reason,
    )
    (raised,) = alarms(gate)
    assert [raised.id] == owed
    for said in (
        held.name,
        "Links alive: A link is gone: 404 (https://paper.example/1). Take it out.",
        "/console/",
    ):
        assert said in raised.reason


def test_let_go_it_is_sent(gate: Desk) -> None:
    """Somebody's word sends it all the same, with a note of who gave it; the alarm ends."""
    edition_id = gate.plan()
    gate.advance(edition_id)
    found(gate, edition_id, BAD)
    gate.advance(edition_id)
    with gate.database.transaction() as connection:
        overrule(connection, gate.edition(edition_id), "ann@paper.example", gate.now)
    gate.advance(edition_id)
    sending = gate.edition(edition_id)
    note = "ann@paper.example let it go although: A link is gone: 404 (https://paper.example/1)."
    assert (EditionState.SENDING, "", [note]) == (sending.state, sending.reason, sending.notes)
    with gate.database.transaction() as connection:
        watch_checks(connection, gate.now)
    assert [] == alarms(gate)


def test_mended_it_is_sent(gate: Desk) -> None:
    """Another check of the same content that finds nothing lets it go, without a note."""
    edition_id = gate.plan()
    gate.advance(edition_id)
    found(gate, edition_id, BAD)
    gate.advance(edition_id)
    found(gate, edition_id, warn("So so."))
    gate.advance(edition_id)
    sending = gate.edition(edition_id)
    assert (EditionState.SENDING, "", []) == (sending.state, sending.reason, sending.notes)


def test_assembled_anew_it_is_checked_anew(gate: Desk) -> None:
    """What was found of another content holds nothing, and lets nothing go."""
    edition_id = gate.plan()
    gate.advance(edition_id)
    found(gate, edition_id, BAD)
    with gate.database.transaction() as connection:
        overrule(connection, gate.edition(edition_id), "ann", gate.now)
        reassemble(connection, edition_id, gate.now)
    assert ring(edition_id) == gate.advance(edition_id)
    again = gate.edition(edition_id)
    assert (EditionState.READY, "") == (again.state, again.reason)


def test_a_check_that_never_comes_holds_up_nothing(gate: Desk) -> None:
    """After its time the edition goes on, with a note that says so."""
    edition_id = gate.plan()
    gate.advance(edition_id)
    gate.now += LIMIT - timedelta(seconds=1)
    assert ring(edition_id) == gate.advance(edition_id)
    gate.now += timedelta(seconds=1)
    gate.advance(edition_id)
    sending = gate.edition(edition_id)
    assert (EditionState.SENDING, [UNCHECKED]) == (sending.state, sending.notes)


def test_the_time_for_the_check_begins_when_it_is_due(gate: Desk) -> None:
    """An edition that is ready early is checked early, and has its whole time again once it is due."""
    due_at = gate.now + timedelta(minutes=20)
    edition_id = gate.plan(due_at=due_at)
    assert ring(edition_id) == gate.advance(edition_id)
    gate.now = due_at
    assert ring(edition_id) == gate.advance(edition_id)
    assert EditionState.READY is gate.edition(edition_id).state
    found(gate, edition_id, warn("So so."))
    gate.advance(edition_id)
    assert EditionState.SENDING is gate.edition(edition_id).state


def test_checked_early_it_is_sent_on_time(gate: Desk) -> None:
    """A good check before its time sends nothing before its time, and costs none then."""
    due_at = gate.now + timedelta(minutes=20)
    edition_id = gate.plan(due_at=due_at)
    gate.advance(edition_id)
    found(gate, edition_id, warn("So so."))
    assert [] == gate.advance(edition_id)
    gate.now = due_at
    gate.advance(edition_id)
    assert (EditionState.SENDING, due_at) == (gate.edition(edition_id).state, gate.edition(edition_id).sending_at)


def test_a_newsletter_may_only_be_told(gate: Desk) -> None:
    """Where preflight_holds is false, what blocks is told to the editors and noted, and the edition goes out."""
    with gate.database.transaction() as connection:
        change_newsletter(connection, "daily", {"preflight_holds": "false"})
    edition_id = gate.plan()
    gate.advance(edition_id)
    found(gate, edition_id, BAD)
    gate.advance(edition_id)
    sending = gate.edition(edition_id)
    note = "Found before it was sent: A link is gone: 404 (https://paper.example/1)."
    assert (EditionState.SENDING, [note]) == (sending.state, sending.notes)
    (raised,) = alarms(gate)
    assert "goes out although" in raised.reason
    with gate.database.transaction() as connection:
        watch(connection, Patience(timedelta(minutes=5), timedelta(days=1)), gate.now)
        assert raised.id in due_alarms(connection, gate.now)
    assert [] == alarms(gate)


def test_one_made_by_hand_is_checked_and_raises_no_alarm(gate: Desk) -> None:
    """An edition that waits for a word has its findings, and nobody is called about it before."""
    edition_id = gate.plan(sends_when_ready=False)
    assert ring(edition_id) == gate.advance(edition_id)
    found(gate, edition_id, BAD)
    assert [] == gate.advance(edition_id)
    assert ("", []) == (gate.edition(edition_id).reason, alarms(gate))
    gate.ask()
    assert [] == gate.advance(edition_id)
    assert "Held" in gate.edition(edition_id).reason


def test_held_for_too_long_it_is_missed(gate: Desk) -> None:
    """A held edition ends as any that is too late, and says why; its alarm ends with it."""
    edition_id = gate.plan()
    gate.advance(edition_id)
    found(gate, edition_id, BAD)
    gate.advance(edition_id)
    gate.now += timedelta(hours=gate.newsletter.late_hours, seconds=1)
    gate.advance(edition_id)
    missed = gate.edition(edition_id)
    assert (EditionState.MISSED, True) == (
        missed.state,
        missed.reason.endswith("A link is gone: 404 (https://paper.example/1)."),
    )
    with gate.database.transaction() as connection:
        watch_checks(connection, gate.now)
    assert [] == alarms(gate)


def test_a_held_edition_is_refused_with_the_reason(gate: Desk) -> None:
    """Whoever asks for a held edition hears why it is not sent, and how it can be all the same."""
    edition_id = gate.plan()
    gate.advance(edition_id)
    with gate.database.transaction() as connection:
        refuse_held(connection, gate.edition(edition_id))
    found(gate, edition_id, BAD)
    gate.advance(edition_id)
    with gate.database.transaction() as connection, pytest.raises(ConflictError) as refused:
        refuse_held(connection, gate.edition(edition_id))
    assert (
        "A link is gone: 404 (https://paper.example/1)." in refused.value.what,
        "--anyway" in refused.value.mend,
    ) == (True, True)


def test_the_tick_takes_a_held_edition_up_again(gate: Desk) -> None:
    """Nothing is lost: as long as it is held the tick looks at it."""
    edition_id = gate.plan()
    gate.advance(edition_id)
    found(gate, edition_id, BAD)
    gate.advance(edition_id)
    with gate.database.transaction() as connection:
        assert Bell(TaskName.ADVANCE_EDITION, edition_id) in tick(connection, gate.now)


def test_without_a_limit_nothing_is_checked(gate: Desk) -> None:
    """A pace that has no time for it sends at once."""
    gate.pace = Pace(timedelta(minutes=1), timedelta(days=1))
    edition_id = gate.plan()
    gate.advance(edition_id)
    assert EditionState.SENDING is gate.edition(edition_id).state


def test_notes_are_added(gate: Desk) -> None:
    """What was noted before stays beside what is noted now."""
    edition_id = gate.plan()
    gate.advance(edition_id)
    with gate.database.transaction() as connection:
        connection.execute(sa.text("UPDATE edition SET notes = '[\"First.\"]'"))
    gate.now += LIMIT
    gate.advance(edition_id)
    assert ["First.", UNCHECKED] == gate.edition(edition_id).notes
