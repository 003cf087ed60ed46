"""Scenarios in which the relay misbehaves: rows 9 to 16. The rules alone do the harm."""

import threading
from collections.abc import Iterator, Sequence

from faults.nemesis import Nemesis
from faults.rules import CLOSE, DRIP, HANG, RESET, STEPS, Rule
from faults.sink import OFFERS
from faults.stage import Hit, Sending, Stage
from faults.verdict import Bound, Verdict, judge

_BEFORE_RCPT = frozenset({"connect", "banner", "ehlo", "mail"})
_BEFORE_DOT = ("connect", "banner", "ehlo", "mail", "rcpt", "data")


def drop_before_dot(stage: Stage) -> Iterator[Verdict]:
    """Break off at each step before the text, in three ways: not one copy, and no reader pays for it."""
    for step in _BEFORE_DOT:
        for way in (CLOSE, RESET, "421 4.3.2 not now"):
            yield _drop_at(stage, [step], way)


def drop_at_every_step(stage: Stage) -> Verdict:
    """Break off at every step before the text, all in one sending."""
    return _drop_at(stage, _BEFORE_DOT, CLOSE)


def drop_in_text(stage: Stage) -> Verdict:
    """Break off when the text has begun to come: it may all have been handed over, and none of it was kept."""
    rules = [Rule("text", CLOSE, probability=0.02, times=20), Rule("text", RESET, probability=0.02, times=20)]
    sending = _send(stage, rules)
    seconds = sending.finish()
    return judge(sending, "9 closed in the text", seconds, _no_copies(sending))


def drop_after_dot(stage: Stage) -> Verdict:
    """Keep one message in a hundred and break off before the reply; and so with each of the first."""
    first = min(20, stage.scale.recipients // 100)
    rules = [Rule("reply", CLOSE, times=first), Rule("reply", CLOSE, probability=0.01)]
    sending = _send(stage, rules)
    seconds = sending.finish()
    return judge(sending, "10 closed after the dot", seconds, _copies_for(sending))


def reply_late(stage: Stage) -> Verdict:
    """Give the final reply late, and sometimes never: the late ones make no copy."""
    rules = [
        Rule("reply", wait=3.0, probability=0.01, times=10),
        Rule("reply", CLOSE, wait=6.0, probability=0.005, times=3),
    ]
    sending = _send(stage, rules)
    seconds = sending.finish()
    never = int(sending.figures()["fired"][1])
    _count_fired(sending)
    return judge(sending, "11 final reply late or never", seconds, Bound(never))


def put_off(stage: Stage) -> Verdict:
    """Greylist some readers, and put off some messages at every step that can."""
    rules = [
        Rule("banner", "421 4.3.2 too busy", times=2),
        Rule("mail", "451 4.3.0 not now", skip=30, times=5),
        Rule("rcpt", "421 4.7.0 too many", skip=100, times=5),
        Rule("rcpt", "450 4.2.0 greylisted", to="reader1*", each=1),
        Rule("data", "451 4.3.0 not now", skip=50, times=5),
        Rule("dot", "452 4.3.1 disk full", skip=80, times=20),
    ]
    sending = _send(stage, rules)
    seconds = sending.finish()
    return judge(sending, "12 greylisted and put off", seconds, _no_copies(sending))


def refuse_readers(stage: Stage) -> Verdict:
    """Refuse some readers for good: only an address that does not exist is never mailed again."""
    rules = [
        Rule("rcpt", "550 5.1.1 no such person", to="reader11*"),
        Rule("rcpt", "552 5.2.2 mailbox full", to="reader12@*"),
        Rule("dot", "554 5.6.0 not like this", to="reader13@*"),
    ]
    sending = _send(stage, rules)
    seconds = sending.finish()
    _count_fired(sending)
    gone = sum(row.address.startswith("reader11") for row in stage.press.rows(sending.edition_id))
    suppressed = int(stage.press.ask("SELECT count(*) AS n FROM suppression")[0].n)
    more = [] if suppressed == gone else [f"{gone} addresses are gone and {suppressed} are suppressed"]
    failed = int(stage.press.ask("SELECT count(*) AS n FROM delivery WHERE state = 'failed'")[0].n)
    if failed != gone + 2:
        more.append(f"{gone + 2} deliveries were refused for good and {failed} failed")
    return judge(sending, "13 readers refused", seconds, Bound(states=frozenset({"accepted", "failed"})), more)


def break_tls(stage: Stage) -> Verdict:
    """Break TLS in every way: refused, broken off in the handshake, gibberish, cut in a text and after the dot.

    Nothing may come in clear meanwhile, and nobody pays for what went wrong before the dot.
    """
    stage.relay.tell(offers=[*OFFERS, "STARTTLS"])
    rules = [
        Rule("starttls", "454 4.7.0 no TLS now", skip=2, times=1),
        Rule("starttls", CLOSE, skip=2, times=1),
        Rule("handshake", CLOSE, skip=2, times=1),
        Rule("handshake", RESET, skip=2, times=1),
        Rule("handshake", "999 this is no TLS", skip=2, times=1),
        Rule("text", CLOSE, probability=0.03, times=5),
        Rule("text", RESET, probability=0.03, times=5),
        Rule("reply", CLOSE, probability=0.03, times=5),
    ]
    # A relay rests for longer after each failure in a row, so those of the greeting come one at a time.
    sending = _send(stage, rules)
    seconds = sending.finish()
    figures = sending.figures()
    _offer_all(stage)
    more = [f"nothing came to {rule.step!r}" for rule, n in zip(rules, figures["fired"], strict=True) if not n]
    if figures["in_clear"]:
        more.append(f"{figures['in_clear']} messages were introduced in clear")
    sending.hits += [Hit("script", in_flight=True)] * int(sum(figures["fired"]))
    return judge(sending, "15 TLS broken in every way", seconds, Bound(int(figures["fired"][-1])), more)


def refuse_everybody(stage: Stage) -> Verdict:
    """Refuse everybody for our reputation: the edition pauses before many have been refused, nobody suppressed."""
    sending = _send(stage, [Rule("rcpt", "550 5.7.1 we do not like you")])
    sending.finish(30)
    _count_fired(sending)
    return _paused(sending, "13 everybody refused", most_failed=50)


def refuse_credentials(stage: Stage) -> Verdict:
    """Refuse our password: the edition pauses, and no reader is touched."""
    stage.relay.tell(offers=["PIPELINING", "8BITMIME", "AUTH PLAIN LOGIN"])
    url = stage.relay.url(stage.scale.connections).replace("//", "//newsletter:wrong@", 1)
    sending = stage.send([Rule("auth", "535 5.7.8 wrong")], SMTP_URL=url)
    sending.finish(30)
    _count_fired(sending)
    _offer_all(stage)
    return _paused(sending, "13 password refused", most_failed=0)


def lose_relay(stage: Stage) -> Verdict:
    """Let nobody reach the relay for ten seconds."""
    sending = stage.send(pace=stage.scale.recipients / 8)
    sending.wait_for(0.2)
    Nemesis(sending).shut_relay(10.0)
    most = stage.scale.connections * stage.scale.processes
    return judge(sending, "14 relay away 10 s", sending.finish(), Bound(most))


def drip(stage: Stage) -> Verdict:
    """Reply an octet at a time to some, and take seconds over others, without holding up the rest."""
    rules = [
        Rule("rcpt", DRIP, wait=0.2, to="reader11@*"),
        Rule("reply", DRIP, wait=0.2, to="reader12@*"),
        Rule("reply", wait=5.0, to="reader13@*"),
    ]
    sending = _send(stage, rules)
    seconds = sending.finish()
    return judge(sending, "14 replies drip", seconds, _no_copies(sending))


def poison(stage: Stage) -> Verdict:
    """Put readers among the others whose messages cannot be, or kill whoever submits them."""
    addresses = (
        "grüße@example.org",
        "x" * 10_000 + "@example.org",
        "line\r\nRCPT TO:<thief@example.net>@example.org",
        "poison@example.org",
    )
    stage.relay.tell(offers=["PIPELINING", "8BITMIME", "SIZE 52428800", "ENHANCEDSTATUSCODES"])
    sending = stage.send(
        [Rule("text", HANG, to="poison@*")], pace=stage.scale.recipients / 10, addresses=addresses
    )
    nemesis, over = Nemesis(sending), threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            nemesis.kill_hung()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    seconds = sending.finish()
    over.set()
    watcher.join()
    _offer_all(stage)
    rows = {row.address: row for row in stage.press.rows(sending.edition_id)}
    more = [f"{each[:20]!r} ended as accepted" for each in addresses if rows[each].state == "accepted"]
    good = sum(row.state == "accepted" for address, row in rows.items() if address.startswith("reader"))
    if good != stage.scale.recipients:
        more.append(f"{good} of {stage.scale.recipients} others were accepted")
    states = frozenset({"accepted", "failed", "quarantined", "held"})
    bound = Bound(len(sending.hits) * stage.scale.connections, states)
    return judge(sending, "16 poisonous readers", seconds, bound, more)


def _drop_at(stage: Stage, steps: Sequence[str], way: str) -> Verdict:
    # A relay rests for longer after each failure in a row, so one at a time before a reader is named.
    skip = {step: 1 if step in _BEFORE_RCPT else 20 for step in steps}
    rules = [Rule(step, way, skip=skip[step], times=1 if step in _BEFORE_RCPT else 5) for step in steps]
    sending = _send(stage, rules)
    seconds = sending.finish()
    fired = sending.figures()["fired"]
    more = [f"nothing came to {step!r}" for step, count in zip(steps, fired, strict=True) if not count]
    _count_fired(sending)
    rows = stage.press.rows(sending.edition_id)
    if way != RESET and set(steps) <= _BEFORE_RCPT and (tried := max(row.attempts for row in rows)) > 1:
        more.append(f"a reader paid with {tried} attempts")
    # A reset takes along what the relay said last. An envelope follows each dot, so that may be the final reply to
    # the message before.
    bound = Bound(sum(fired)) if way == RESET else Bound()
    named = steps[0] if len(steps) == 1 else "every step"
    assert named in {*STEPS, "every step"}
    return judge(sending, f"9 {way.split(' ', 1)[0]} at {named}", seconds, bound, more)


def _paused(sending: Sending, title: str, most_failed: int) -> Verdict:
    """Judge an edition that has to have paused with nearly everybody still waiting, and nobody suppressed."""
    press = sending.stage.press
    suppressed = int(press.ask("SELECT count(*) AS n FROM suppression")[0].n)
    found = sending.findings()
    failed = found.states.get("failed", 0)
    more = [f"{suppressed} addresses are suppressed"] if suppressed else []
    if failed > most_failed:
        more.append(f"{failed} deliveries failed before the edition paused, {most_failed} at most")
    state, reason = press.state(sending.edition_id)
    if state != "paused" or found.mailed:
        more.append(f"the edition is {state} ({reason}), {found.mailed} mailed")
    return Verdict(
        title,
        sending.audience,
        len(sending.hits),
        sum(hit.in_flight for hit in sending.hits),
        0,
        found.dup,
        0,
        0.0,
        tuple(more),
        reason,
    )


def _send(stage: Stage, rules: Sequence[Rule]) -> Sending:
    return stage.send(rules, pace=stage.scale.recipients / 5)


def _offer_all(stage: Stage) -> None:
    stage.relay.tell(offers=list(OFFERS))


def _count_fired(sending: Sending) -> int:
    """Note the faults of the script as hits; each of them met a client that had mail to submit."""
    fired = int(sum(sending.figures()["fired"]))
    sending.hits += [Hit("script", in_flight=True)] * fired
    return fired


def _no_copies(sending: Sending) -> Bound:
    _count_fired(sending)
    return Bound()


def _copies_for(sending: Sending) -> Bound:
    return Bound(_count_fired(sending))
