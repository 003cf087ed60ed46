"""Scenarios in which processes die, stop or are asked to end: rows 1, 2, 5, 6, 7 and 23."""

import time
from collections.abc import Callable

from faults.nemesis import Nemesis
from faults.rules import Rule
from faults.stage import Sending, Stage
from faults.verdict import Bound, Verdict, judge

_DEPLOYING = 30.0
"""Seconds that submitting takes in all where workers are asked to end each second; their starts come on top."""


def kill_children(stage: Stage) -> Verdict:
    """Kill a random pool child every 0.3 s."""
    sending = _send_for(stage, stage.scale.kills * 0.4)
    nemesis = Nemesis(sending)
    sending.strike(0.3, stage.scale.kills, nemesis.kill_child)
    return _after_kills(sending, f"1 children killed, {stage.scale.policy}", stage.scale.connections)


def kill_workers(stage: Stage) -> Verdict:
    """Kill the worker with all its children every few seconds."""
    times = max(2, stage.scale.kills // 5)
    sending = _send_for(stage, times * 4.0)
    sending.strike(3.0, times, _when_moving(sending, Nemesis(sending).kill_worker))
    each = stage.scale.connections * stage.scale.processes
    return _after_kills(sending, f"1 worker killed, {stage.scale.policy}", each)


def terminate_workers(stage: Stage) -> Verdict:
    """Ask the worker to end every second, as rolling deploys do: not one copy."""
    times = max(2, stage.scale.kills // 5)
    sending = _send_for(stage, times * 3.0)
    sending.strike(1.0, times, _when_moving(sending, Nemesis(sending).terminate_worker))
    return judge(sending, "23 SIGTERM to the worker", sending.finish(), Bound())


def terminate_to_the_end(stage: Stage) -> Verdict:
    """Ask the worker to end one second after mail moves again, over and over, until everybody has their mail."""
    sending = _send_for(stage, _DEPLOYING)
    nemesis = Nemesis(sending)

    def terminate() -> bool:
        time.sleep(1.0)
        return nemesis.terminate_worker()

    sending.strike(0.0, stage.scale.recipients, _when_moving(sending, terminate))
    return judge(sending, "23 SIGTERM each second to the end", sending.finish(), Bound())


def terminate_groups(stage: Stage) -> Verdict:
    """Ask the worker's whole process group to end, as systemd does."""
    times = max(2, stage.scale.kills // 5)
    sending = _send_for(stage, times * 4.0)
    nemesis = Nemesis(sending)
    sending.strike(1.0, times, _when_moving(sending, lambda: nemesis.terminate_worker(group=True)))
    return judge(sending, "23 SIGTERM to its group", sending.finish(), Bound())


def freeze_children(stage: Stage) -> Verdict:
    """Stop a child for longer than its lease, then let it go on."""
    times = stage.scale.few
    sending = _send_for(stage, times * (stage.scale.lease + 4.0))
    sending.strike(1.0, times, Nemesis(sending).freeze_child)
    return _after_kills(sending, f"2 children frozen, {stage.scale.policy}", stage.scale.connections)


def kill_postgres(stage: Stage) -> Verdict:
    """Kill every process of PostgreSQL, again and again."""
    sending = _send_for(stage, stage.scale.kills * 2.5)
    sending.strike(1.0, stage.scale.kills, _when_moving(sending, Nemesis(sending).kill_postgres))
    each = stage.scale.connections * stage.scale.processes
    return _after_kills(sending, "7 PostgreSQL killed", each)


def cut_sessions(stage: Stage) -> Verdict:
    """End every connection to PostgreSQL, again and again."""
    times = max(2, stage.scale.kills // 2)
    sending = _send_for(stage, times * 1.5)
    sending.strike(1.0, times, _when_moving(sending, Nemesis(sending).cut_sessions))
    each = stage.scale.connections * stage.scale.processes
    return _after_kills(sending, "7 connections cut", each)


def kill_broker(stage: Stage) -> Verdict:
    """Kill the broker and start it again with nothing in it."""
    return _broker_fault(stage, "5 broker killed, back empty", lambda nemesis: nemesis.kill_broker())


def empty_broker(stage: Stage) -> Verdict:
    """Empty the broker again and again."""
    return _broker_fault(stage, "5 broker emptied", lambda nemesis: nemesis.empty_broker())


def freeze_broker(stage: Stage) -> Verdict:
    """Stop the broker, with its connections open, for longer than every time-out towards it."""
    return _broker_fault(stage, "5 broker frozen 8 s", lambda nemesis: nemesis.freeze_broker(8.0), 9.0)


def fill_broker(stage: Stage) -> Verdict:
    """Let the broker refuse every write for a while."""
    return _broker_fault(stage, "5 broker full", lambda nemesis: nemesis.fill_broker(5.0))


def lose_broker(stage: Stage) -> Verdict:
    """Leave the broker away for longer than several pauses between attempts to reach it."""
    return _broker_fault(stage, "6 broker away 20 s", lambda nemesis: nemesis.kill_broker(20.0), 10.0, 1)


def _broker_fault(
    stage: Stage, title: str, deed: Callable[[Nemesis], bool], seconds: float = 4.0, times: int | None = None
) -> Verdict:
    """Do something to the broker. It holds no fact: nobody is lost and there is not one copy, whatever it is."""
    times = times or stage.scale.few
    sending = _send_for(stage, times * seconds)
    nemesis = Nemesis(sending)
    sending.strike(1.0, times, _when_moving(sending, lambda: deed(nemesis)))
    return judge(sending, title, sending.finish(), Bound())


def _send_for(stage: Stage, seconds: float) -> Sending:
    """Begin a sending that takes about so long, so that the faults have something to hit.

    The relay takes its time over the final reply as well: that is the window in which a kill makes a copy.
    """
    pace = stage.scale.recipients / seconds
    slow_reply = Rule("reply", wait=min(0.02, stage.scale.connections / pace))
    sending = stage.send([slow_reply], pace=pace)
    sending.wait_for(0.01)
    return sending


def _when_moving(sending: Sending, deed: Callable[[], bool]) -> Callable[[], bool]:
    """Return the deed, done only once messages have gone out since the last time: else it hits nothing."""
    counted = [0]

    def moved() -> bool:
        return sending.count() > counted[0] or sending.state() != "sending"

    def done() -> bool:
        sending.wait(moved, 30.0)
        struck = deed()
        counted[0] = sending.count()
        return struck

    return done


def _after_kills(sending: Sending, title: str, each: int) -> Verdict:
    """One message for each open connection may have been accepted without its reply on record.

    Who prefers a message too few to one too many has those held instead, and gets no copy.
    """
    seconds = sending.finish()
    if sending.stage.scale.policy == "hold":
        return judge(sending, title, seconds, Bound(0, frozenset({"accepted", "held"})))
    return judge(sending, title, seconds, Bound(len(sending.hits) * each))
