"""Scenarios in which people and clocks get in each other's way: rows 3, 4, 17 and 18."""

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from faults.checker import Kept, begun_after
from faults.nemesis import Nemesis
from faults.stage import Hit, Stage
from faults.verdict import Bound, Verdict, judge
from newsletter.delivery import control
from newsletter.delivery.start import start_sending
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError, NotFoundError
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import unsubscribe

_ORIGIN = Origin("faults")
_HEARD_WITHIN = 1.0
"""Seconds in which every worker has heard of a reader who left, or of an edition that was stopped."""


def beats_at_odds(stage: Stage) -> Verdict:
    """Run three beats at once and kill one of them again and again: one edition a local date."""
    sending = stage.send(pace=stage.scale.recipients / 12, beats=3)
    now = datetime.now(UTC)
    timed = stage.press.add_newsletter("timed")
    stage.press.change(
        "UPDATE newsletter SET scheduled = true, scheduled_since = :since, send_time = :at WHERE id = :id",
        since=now - timedelta(days=2),
        at=(now - timedelta(minutes=1)).time().replace(tzinfo=None, microsecond=0),
        id=timed.id,
    )
    sending.strike(1.5, 5, Nemesis(sending).kill_beat)
    seconds = sending.finish()
    found = stage.press.ask(
        "SELECT edition_on, count(*) AS n FROM edition WHERE newsletter_id = :id GROUP BY edition_on", id=timed.id
    )
    more = [f"{row.n} editions of {row.edition_on}" for row in found if row.n != 1]
    if not found:
        more.append("the timetable's edition was never planned")
    return judge(sending, "3 three beats, one killed", seconds, Bound(), more)


def no_beat(stage: Stage) -> Verdict:
    """Let the clock be absent: what has begun goes on by its own bells."""
    sending = stage.send(pace=stage.scale.recipients / 5, beats=0)
    sending.wait_for(0.1)
    sending.hit("no beat")
    return judge(sending, "3 no beat", sending.finish(), Bound())


def two_admins(stage: Stage) -> Verdict:
    """Let two admins press send at once, a hundred times: one of them is told that the other was first."""
    sending = stage.send(pace=stage.scale.recipients / 5)
    newsletter_id = stage.press.ask("SELECT newsletter_id FROM edition WHERE id = :id", id=sending.edition_id)[0][
        0
    ]
    stage.press.change("UPDATE subscription SET state = 'paused' WHERE id > 5")
    rounds = [_press_send(stage, newsletter_id) for _ in range(100)]
    sending.hits += [Hit("two admins", in_flight=True)] * len(rounds)
    stage.press.change("UPDATE subscription SET state = 'active' WHERE state = 'paused'")
    seconds = sending.finish()
    more = [f"{won} of two were told that they started edition {each}" for each, won in rounds if won != 1]
    sent = {each: int(count) for each, count in _audiences(stage)}
    more += [f"edition {each} has {sent.get(each)} deliveries, not 5" for each, _ in rounds if sent.get(each) != 5]
    sending.wait(lambda: not stage.press.ask("SELECT 1 FROM edition WHERE state = 'sending'"))
    kept = sending.kept()
    if len({each.message_id for each in kept}) != len(kept):
        more.append("a message was submitted twice")
    expected = sending.audience + 5 * len(rounds)
    if len(kept) != expected:
        more.append(f"{len(kept)} messages were kept, not {expected}")
    state = sending.state()
    more += [f"the first edition is {state}"] if state != "done" else []
    return Verdict(
        "4 two admins press send", expected, len(rounds), len(rounds), max(0, expected - len(kept)), 0, 0, seconds,
        tuple(more),
    )  # fmt: skip


def pause_and_resume(stage: Stage) -> Verdict:
    """Pause and resume at random; count what is begun after the answer."""
    times = min(50, stage.scale.kills * 2)
    sending = stage.send(pace=stage.scale.recipients / (times * 0.5))
    sending.wait_for(0.05)
    stops: list[tuple[float, float, int]] = []

    def pause() -> bool:
        sessions = int(sending.figures()["sessions"])
        sending.hit("pause")
        try:
            with stage.press.open() as connection:
                control.pause(connection, sending.edition_id, "Paused by a fault test.")
        except ConflictError:
            return False
        paused_at = time.monotonic()
        time.sleep(0.3 + stage.dice.random())
        stops.append((paused_at, time.monotonic(), sessions))
        with stage.press.open() as connection:
            control.resume(connection, sending.edition_id)
        stage.ring(sending.edition_id)
        return True

    sending.strike(0.2, times, pause)
    seconds = sending.finish()
    more = [told for stop in stops for told in _begun_in_vain(sending.kept(), stop)]
    return judge(sending, f"17 paused and resumed {len(stops)} times", seconds, Bound(), more)


def cancel(stage: Stage) -> Verdict:
    """Cancel in the middle: what was not begun never is, and every reader was mailed or is cancelled."""
    sending = stage.send(pace=stage.scale.recipients / 5)
    sending.wait_for(0.3 + 0.4 * stage.dice.random())
    sessions = int(sending.figures()["sessions"])
    sending.hit("cancel")
    with stage.press.open() as connection:
        control.cancel(connection, sending.edition_id, "Cancelled by a fault test.", datetime.now(UTC))
    cancelled_at = time.monotonic()
    sending.wait(lambda: not sending.findings().open, stage.scale.lease * 4 + 10)
    seconds = time.monotonic() - sending.began
    time.sleep(2.0)
    more = _begun_in_vain(sending.kept(), (cancelled_at, time.monotonic(), sessions))
    bound = Bound(states=frozenset({"accepted", "cancelled"}), ends="cancelled")
    return judge(sending, "17 cancelled", seconds, bound, more)


def leave_and_suppress(stage: Stage) -> Verdict:
    """Let readers leave, and addresses be suppressed, while their edition is going out slowly."""
    sending = stage.send(pace=stage.scale.recipients / 12)
    sending.wait_for(0.02)
    readers = stage.press.ask("SELECT s.id, address FROM subscription s JOIN subscriber r ON r.id = subscriber_id")
    stage.dice.shuffle(readers)
    gone_at: dict[str, float] = {}
    for number, reader in enumerate(readers[: len(readers) // 4]):
        if sending.state() != "sending":
            break
        with suppress(NotFoundError), stage.press.open() as connection:
            if number % 4:
                unsubscribe(connection, reader.id, _ORIGIN, datetime.now(UTC))
        if not number % 4:
            stage.press.change("INSERT INTO suppression VALUES (:a, 'complaint')", a=reader.address)
        gone_at[reader.address] = time.monotonic()
        if not number % 20:
            sending.hit("readers leave")
    seconds = sending.finish()
    late = [
        each.begun_at - gone_at[each.recipient]
        for each in sending.kept()
        if each.recipient in gone_at and each.begun_at > gone_at[each.recipient] + _HEARD_WITHIN
    ]
    more = [f"{len(late)} were begun up to {max(late):.1f} s after their reader had left"] if late else []
    spared = sending.findings().states.get("suppressed", 0)
    if not spared:
        more.append("nobody left in time to be spared")
    return judge(sending, "18 readers leave", seconds, Bound(states=frozenset({"accepted", "suppressed"})), more)


def _press_send(stage: Stage, newsletter_id: int) -> tuple[int, int]:
    """Return an edition, and how many of two admins were told that they had started it."""
    newsletter = stage.press.newsletter(newsletter_id)
    edition_id = stage.press.make_ready(newsletter)
    barrier, won = threading.Barrier(2), [0]
    lock = threading.Lock()

    def admin() -> None:
        barrier.wait()
        with suppress(ConflictError), stage.press.open() as connection:
            state = start_sending(connection, edition_id, datetime.now(UTC))
            with lock:
                won[0] += state is EditionState.SENDING

    admins = [threading.Thread(target=admin) for _ in range(2)]
    for each in admins:
        each.start()
    for each in admins:
        each.join()
    stage.ring(edition_id)
    return edition_id, won[0]


def _audiences(stage: Stage) -> list[tuple[int, int]]:
    rows = stage.press.ask("SELECT edition_id, count(*) AS n FROM delivery GROUP BY edition_id")
    return [(int(row.edition_id), int(row.n)) for row in rows]


def _begun_in_vain(kept: list[Kept], stop: tuple[float, float, int]) -> list[str]:
    """Return what was begun between a stop's answer and its end that must not have been."""
    answered_at, ended_at, most = stop
    late = [each for each in begun_after(kept, answered_at) if each < ended_at - answered_at]
    if len(late) > most:
        return [f"{len(late)} messages were begun after the answer, over {most} connections"]
    if late and late[-1] > _HEARD_WITHIN:
        return [f"a message was begun {late[-1]:.1f} s after the answer"]
    return []
