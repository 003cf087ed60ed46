"""A scenario in which one receiving operator of five asks for patience: row 12. No pause is cut short in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from faults.checker import Kept, faults_of
from faults.rules import Rule
from faults.stage import Hit, Sending, Stage
from faults.verdict import Bound, Verdict, judge
from newsletter.delivery.throttling.operator_rules import GROW_AFTER_MESSAGES, STOP

_OPERATORS = 5
_SHY = "@paper0.example"
_FLOOD = "421 4.7.28 unusual rate of mail"
_OUTAGE = 120.0
"""Seconds, by the product's clock, for which the operator says so."""

_FASTEST, _SHORTEST = 1_700.0, 6.0
"""Messages a second that the relay takes, and seconds that a small edition is spread over."""


@dataclass(frozen=True, slots=True)
class _Course:
    """How a sending went at the other operators and at the shy one: what was kept, in order."""

    others: Sequence[Kept]
    shy: Sequence[Kept]

    @property
    def seconds_of_others(self) -> float:
        """How long the others' readers were being mailed."""
        return max(each.accepted_at for each in self.others) - min(each.begun_at for each in self.others)


def one_operator_in_five(stage: Stage) -> Verdict:
    """One operator answers 421 4.7.28 for two minutes: the other four finish as without it, it by Google's rule.

    Clocks run faster (:mod:`faults.hurried`): its minutes and the product's pauses alike.
    """
    usual, stage.scale = stage.scale, replace(stage.scale, domains=_OPERATORS)
    try:
        undisturbed = _send(stage)
        _wait(undisturbed)
        more = faults_of(undisturbed.findings(), undisturbed.audience, 0)
        return _disturbed(stage, _course(undisturbed), more)
    finally:
        stage.scale = usual


def _disturbed(stage: Stage, undisturbed: _Course, more: Sequence[str]) -> Verdict:
    hurry = stage.scale.hurry
    sending = _send(stage)
    sending.wait_for(0.1)
    # Kept before the rule was in force is what the log holds by now.
    stage.relay.follow([Rule("dot", _FLOOD, to=f"*{_SHY}", until=_OUTAGE / hurry)], _pace(stage))
    before = len(sending.kept())
    seconds = _wait(sending)
    refusals = int(sending.figures()["fired"][0])
    sending.hits += [Hit("script", in_flight=True)] * refusals
    course = _course(sending)
    told = sending.kept()[before - 1].accepted_at
    later = [each for each in course.shy if each.begun_at > told + 1]
    more = [*more, *_by_the_rule(later, told, STOP / hurry)]
    verdict = judge(sending, "12 one operator of five says 421 4.7.28", seconds, Bound(), more)
    took = course.seconds_of_others
    note = f"the other four: {took:.1f} s, {took / undisturbed.seconds_of_others:.2f} of their time without it"
    if later:
        note += f"; it rested {later[0].begun_at - told:.1f} s"
    return replace(verdict, note=", ".join(filter(None, (note, verdict.note))))


def _by_the_rule(later: Sequence[Kept], told: float, stop: float) -> list[str]:
    """Return what is wrong with the shy operator's mail after its refusals: it rests, then goes one at a time."""
    if not later:
        return ["nobody at the operator was left to be mailed after its refusals"]
    wrong = []
    if later[0].begun_at < told + stop:
        wrong.append(f"its mail went on after {later[0].begun_at - told:.1f} s, not {stop:g}")
    first = later[:GROW_AFTER_MESSAGES]
    overlaps = sum(each.accepted_at > following.begun_at for each, following in pairwise(first))
    if overlaps:
        wrong.append(f"{overlaps} of its first {len(first)} messages did not wait for the one before")
    return wrong


def _send(stage: Stage) -> Sending:
    return stage.send(pace=_pace(stage), FAULTS_HURRY=str(stage.scale.hurry))


def _pace(stage: Stage) -> float:
    return min(_FASTEST, stage.scale.recipients / _SHORTEST)


def _wait(sending: Sending) -> float:
    """Wait for the end and cut no pause short; return the seconds."""
    sending.wait(lambda: sending.state() != "sending")
    kept = sending.kept()
    return max(each.accepted_at for each in kept) - min(each.begun_at for each in kept)


def _course(sending: Sending) -> _Course:
    kept = sorted(sending.kept(), key=lambda each: each.begun_at)
    shy = [each for each in kept if each.recipient.endswith(_SHY)]
    return _Course([each for each in kept if not each.recipient.endswith(_SHY)], shy)
