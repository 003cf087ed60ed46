"""One connection that takes message after message: pipelined, by BDAT, serially, and when the relay misbehaves."""

import re
import threading

import pytest

from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.smtp.client import SmtpTransport
from newsletter.delivery.smtp.relay import Relay
from newsletter.delivery.smtp.wire import Timeouts
from newsletter.errors import LeaseLostError
from tests.delivery.fake_desk import QUICK, FakeDesk, drain, relay_at, submit_all
from tests.delivery.scripted_relay import CLOSE, Decision, Moment, ScriptedRelay, hold
from tests.delivery.smtp.test_client import at

PIPELINING = "250-scripted.example\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES"
CHUNKING = "250-scripted.example\r\n250-PIPELINING\r\n250 CHUNKING"
SERIAL = "250 scripted.example"
MORE_THAN_BUFFERS_HOLD = (b"a line " * 140 + b"\r\n") * 8_200
"""Eight million octets, in few lines: the relay reads them one by one."""

WAYS = {"serial": (SERIAL, 0), "pipelined": (PIPELINING, 0), "by BDAT": (CHUNKING, 3)}


def greeted(ehlo: str, *others: Decision) -> Decision:
    """Return a script that announces extensions, and departs from the usual where the others say so."""

    def decide(moment: Moment) -> str | None:
        if moment.step == "ehlo":
            return ehlo
        return next((said for other in others if (said := other(moment)) is not None), None)

    return decide


def to(relay: ScriptedRelay, **more: object) -> Relay:
    """Return the way to a scripted relay, with a window for one that announces CHUNKING."""
    return relay_at(relay.port, **more)


@pytest.mark.parametrize("way", WAYS)
def test_every_message_arrives_once_and_whole(relay: ScriptedRelay, way: str) -> None:
    """Whatever the relay announces, the same octets arrive, over one connection."""
    ehlo, window = WAYS[way]
    relay.decide = greeted(ehlo)
    desk = FakeDesk(*range(1, 31), text=b"a line\r\n" * 5000)
    assert submit_all(desk, to(relay, chunks=window)) is None
    assert dict.fromkeys(range(1, 31), ReceiptKind.ACCEPTED) == desk.kinds()
    assert {desk.message(number) for number in range(1, 31)} == {each.wire for each in relay.kept}
    assert 30 == len(relay.kept)
    assert 1 == relay.connections
    assert 0 == desk.unrecorded
    assert (0 if window else 30) == relay.steps().count("data")


@pytest.mark.parametrize(("way", "before_the_next"), [("serial", 0), ("pipelined", 1), ("by BDAT", 2)])
def test_how_far_ahead_messages_are_taken(relay: ScriptedRelay, way: str, before_the_next: int) -> None:
    """While a final reply is outstanding a pipelined connection has one more message, one with a window two."""
    ehlo, window = WAYS[way]
    may_reply = threading.Event()
    desk = FakeDesk(1, 2, 3, 4, 5)
    seen: list[int] = []

    def hold(moment: Moment) -> None:
        if moment.step == "reply" and moment.argument == "reader1@example.org":
            may_reply.wait(0.3)
            seen.append(sum(1 for event, _ in desk.events if event == "take") - 1)

    relay.decide = greeted(ehlo, hold)
    submit_all(desk, to(relay, chunks=window))
    assert [before_the_next] == seen


def test_a_text_is_begun_only_after_the_go_ahead(relay: ScriptedRelay) -> None:
    """The gate of a message opens when the relay has said 354 to it, not when its envelope leaves."""
    desk = FakeDesk(1, 2)
    begun: list[bool] = []

    def look(moment: Moment) -> None:
        if moment.step == "data":
            begun.append(("begin", len(begun) + 1) in desk.events)

    relay.decide = greeted(PIPELINING, look)
    submit_all(desk, to(relay))
    assert [False, False] == begun


REFUSED = "550 5.1.1 no such reader"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("odd", ["554 5.5.1 no valid recipients", "503 5.5.1 need RCPT", "354 go ahead anyway"])
@pytest.mark.parametrize("nobody", ["554 5.5.1 nobody", "250 2.0.0 taken, for nobody"])
def test_a_refused_reader_and_what_data_says_then(relay: ScriptedRelay, way: str, odd: str, nobody: str) -> None:
    """However DATA is answered after a refused RCPT, the refusal stands, and the others are served on."""
    ehlo, window = WAYS[way]
    refuse = at("rcpt", REFUSED, to="reader2@example.org")

    def after_refusal(moment: Moment) -> str | None:
        if moment.step != "data":
            return nobody if moment.step == "nobody" else None
        last = next(each for each in reversed(relay.seen) if each.step == "rcpt")
        return odd if last.argument == "reader2@example.org" else None

    relay.decide = greeted(ehlo, refuse, after_refusal)
    desk = FakeDesk(1, 2, 3, 4)
    assert submit_all(desk, to(relay, chunks=window)) is None
    accepted = dict.fromkeys((1, 3, 4), ReceiptKind.ACCEPTED)
    assert accepted | {2: ReceiptKind.FAILED} == desk.kinds()
    assert [1, 3, 4] == sorted(int(re.findall(r"\d+", each)[0]) for each in relay.recipients())
    assert 1 == relay.connections


# By BDAT there is no go-ahead to wait for.
@pytest.mark.parametrize(
    ("way", "step"),
    [
        (way, step)
        for way in WAYS
        for step in ("mail", "rcpt", "data", "text")
        if (way, step) != ("by BDAT", "data")
    ],
)
def test_a_break_before_the_end_of_a_text(relay: ScriptedRelay, way: str, step: str) -> None:
    """Nothing that was not handed over whole is uncertain: it is given back and goes over another connection."""
    ehlo, window = WAYS[way]
    number = iter(range(1, 1000))
    third = lambda moment: CLOSE if moment.step == step and next(number) == 3 else None  # noqa: E731 — one line
    relay.decide = greeted(ehlo, third)
    desk = FakeDesk(*range(1, 7), text=MORE_THAN_BUFFERS_HOLD if step == "text" else b"Hello\r\n")
    submit_all(desk, to(relay, chunks=window))
    kinds = set(desk.kinds().values())
    assert ReceiptKind.ACCEPTED in kinds
    if window == 0:
        assert {ReceiptKind.ACCEPTED} == kinds
        assert sorted(relay.recipients()) == [f"reader{each}@example.org" for each in range(1, 7)]
    assert desk.given_back or window


@pytest.mark.parametrize("way", ["serial", "pipelined"])
def test_a_break_after_the_dot_is_uncertain(relay: ScriptedRelay, way: str) -> None:
    """The one whose final reply is lost is uncertain; the envelope behind it is given back and goes later."""
    relay.decide = greeted(WAYS[way][0], at("reply", CLOSE, to="reader3@example.org", connection=1))
    desk = FakeDesk(*range(1, 7))
    assert submit_all(desk, to(relay)) is None
    expected = dict.fromkeys(range(1, 7), ReceiptKind.ACCEPTED) | {3: ReceiptKind.UNCERTAIN}
    assert expected == desk.kinds()
    assert ([4] if way == "pipelined" else []) == [each for each, _ in desk.given_back]


def test_a_break_with_a_window_leaves_no_more_than_the_window_uncertain(relay: ScriptedRelay) -> None:
    """By BDAT every text already handed over may have arrived."""
    relay.decide = greeted(CHUNKING, at("reply", CLOSE, to="reader3@example.org", connection=1))
    desk = FakeDesk(*range(1, 10))
    submit_all(desk, to(relay, chunks=3))
    uncertain = [each for each, kind in desk.kinds().items() if kind is ReceiptKind.UNCERTAIN]
    assert 3 in uncertain
    assert len(uncertain) <= 3
    assert set(range(1, 10)) == set(desk.kinds())


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot", "rset"])
def test_a_421_anywhere(relay: ScriptedRelay, step: str) -> None:
    """After a dot it defers that message; before, the message is given back; the others go on elsewhere."""
    refuse = at("rcpt", REFUSED, to="reader2@example.org")
    closing = at(step, "421 4.3.2 going down", connection=1)
    steps_seen = iter(range(1000))
    late = lambda moment: closing(moment) if moment.step == step and next(steps_seen) >= 1 else None  # noqa: E731 — one line
    relay.decide = greeted(PIPELINING, late if step != "rset" else closing, refuse)
    desk = FakeDesk(*range(1, 6))
    assert submit_all(desk, to(relay)) is None
    kinds = desk.kinds()
    assert set(range(1, 6)) == set(kinds)
    assert ReceiptKind.FAILED is kinds.pop(2)
    deferred = [each for each, kind in kinds.items() if kind is ReceiptKind.DEFERRED]
    assert (1 if step == "dot" else 0) == len(deferred)
    assert 2 == relay.connections


@pytest.mark.parametrize(
    "misbehaviour",
    [
        at("rcpt", "503 5.5.1 not so fast", connection=1),
        at("mail", "503 5.5.1 not so fast", connection=1),
        at("data", "503 5.5.1 not so fast", connection=1),
        at("data", "250 2.0.0 what?", connection=1),
        at("mail", CLOSE, connection=1),
        at("mail", "250 2.1.0 ok\r\n250 2.1.0 ok, I said", connection=1),
    ],
)
def test_a_relay_that_cannot_pipeline_is_spoken_to_serially(relay: ScriptedRelay, misbehaviour: Decision) -> None:
    """It announced PIPELINING and stumbles over it: everything is given back, and goes one command at a time."""
    behind: list[str] = []

    def look(moment: Moment) -> None:
        if moment.connection > 1 and moment.step == "reply":
            behind.append(f"{sum(1 for event, _ in desk.events if event == 'take')}")

    relay.decide = greeted(PIPELINING, misbehaviour, look)
    desk = FakeDesk(1, 2, 3)
    assert submit_all(desk, to(relay)) is None
    assert dict.fromkeys((1, 2, 3), ReceiptKind.ACCEPTED) == desk.kinds()
    taken_in_vain = len(desk.given_back)
    assert taken_in_vain >= 1
    assert 2 == relay.connections
    # Serially, a message is taken only when the one before has its receipt.
    assert [str(taken_in_vain + each) for each in (1, 2, 3)] == behind


def test_pipelining_is_for_those_who_announce_it(relay: ScriptedRelay) -> None:
    """Neither an operator's no nor a relay's silence is overridden, even with a window set."""
    for ehlo, more in ((SERIAL, {"chunks": 4}), (PIPELINING, {"pipelining": False})):
        relay.decide = greeted(ehlo)
        relay.seen.clear()
        desk = FakeDesk(1, 2)
        submit_all(desk, to(relay, **more))
        order = [event for event, _ in desk.events]
        assert ["take", "begin", "settle"] * 2 == order
        assert "bdat" not in relay.steps()


def test_a_relay_that_takes_no_bdat_after_all(relay: ScriptedRelay) -> None:
    """Where BDAT turns out to be unknown the text is not left to be read as commands, and DATA takes over."""
    relay.decide = greeted(CHUNKING, at("dot", "502 5.5.1 what?", connection=1))
    desk = FakeDesk(1, 2, 3)
    submit_all(desk, to(relay, chunks=1))
    assert dict.fromkeys((1, 2, 3), ReceiptKind.ACCEPTED) == desk.kinds()
    assert 3 == relay.steps().count("data")


@pytest.mark.parametrize("way", WAYS)
def test_a_message_that_must_not_be_begun(relay: ScriptedRelay, way: str) -> None:
    """A reader who left meanwhile gets nothing, not even an empty text, and costs nobody else anything."""
    ehlo, window = WAYS[way]
    relay.decide = greeted(ehlo)
    desk = FakeDesk(1, 2, 3, 4)
    desk.refuse_to_begin = {2}
    assert submit_all(desk, to(relay, chunks=window)) is None
    assert dict.fromkeys((1, 3, 4), ReceiptKind.ACCEPTED) == desk.kinds()
    assert [2] == [number for number, said in desk.given_back if number == 2]
    assert {1, 3, 4} == {int(each.recipient[6]) for each in relay.kept}


def test_a_lost_lease_sends_nothing_more(relay: ScriptedRelay) -> None:
    """When the record cannot be made, the text that waited for it does not leave, and the task hears of it."""
    relay.decide = greeted(PIPELINING)

    class LeaselessDesk(FakeDesk):
        def commit(self) -> None:
            if self.events[-1][0] != "take" or len(self.receipts) >= 2:
                raise LeaseLostError("Another task took over.")

    desk = LeaselessDesk(1, 2, 3)
    with pytest.raises(LeaseLostError):
        submit_all(desk, to(relay))
    told = len(desk.receipts) + len(desk.given_back)
    assert [1, 2][: len(relay.kept)] == [int(each.recipient[6]) for each in relay.kept]
    assert len(relay.kept) < 3
    assert told <= 2


@pytest.mark.parametrize(
    "address", ["a@b.example>\r\nRSET", "a b@c.example", "a<b@c.example", "a\x00@b.example", ""]
)
def test_an_address_that_would_be_read_as_something_else(relay: ScriptedRelay, address: str) -> None:
    """It is refused here, in the relay's own words, and never reaches the relay."""
    relay.decide = greeted(PIPELINING)
    desk = FakeDesk(1)
    desk.waiting.append(FakeDesk.envelope(2, address))
    if not address:
        desk.waiting[-1] = type(desk.waiting[-1])(2, "news@paper.example", "")
    desk.waiting.append(FakeDesk.envelope(3))
    submit_all(desk, to(relay))
    accepted = ReceiptKind.ACCEPTED
    assert {1: accepted, 2: ReceiptKind.FAILED, 3: accepted} == desk.kinds()
    assert [(553, "5.1.3")] == [
        (each.code, each.enhanced_status) for each in desk.receipts if each.delivery_id == 2
    ]
    assert ["reader1@example.org", "reader3@example.org"] == relay.recipients()


@pytest.mark.parametrize(("announced", "code"), [("250 SMTPUTF8", 250), ("250 HELP", 553)])
def test_an_address_beyond_ascii(relay: ScriptedRelay, announced: str, code: int) -> None:
    """It is asked for by SMTPUTF8 (RFC 6531) where the relay announced that, and refused here where it did not."""
    relay.decide = greeted(f"250-scripted.example\r\n250-8BITMIME\r\n{announced}")
    desk = FakeDesk()
    desk.waiting.append(FakeDesk.envelope(1, "jürgen@example.org"))
    submit_all(desk, to(relay))
    assert [code] == [each.code for each in desk.receipts]
    assert (["jürgen@example.org"] if code == 250 else []) == relay.recipients()


@pytest.mark.parametrize(
    ("ehlo", "kind"), [("250 SIZE 1000", ReceiptKind.FAILED), ("250 SIZE", ReceiptKind.ACCEPTED)]
)
def test_a_message_above_the_announced_size(relay: ScriptedRelay, ehlo: str, kind: ReceiptKind) -> None:
    """It fails without being offered (RFC 1870 §6.3); its reader's address is not to blame."""
    relay.decide = greeted(f"250-scripted.example\r\n{ehlo}")
    desk = FakeDesk(1, size=1001)
    submit_all(desk, to(relay))
    assert [kind] == [each.kind for each in desk.receipts]
    assert (kind is ReceiptKind.ACCEPTED) == ("mail" in relay.steps())
    assert not desk.receipts[0].condemns_address


@pytest.mark.parametrize(
    ("step", "timeouts", "uncertain"),
    [
        ("mail", Timeouts(command=0.2, farewell=0.2), False),
        ("reply", Timeouts(command=5, final=0.2, farewell=0.2), True),
    ],
)
def test_a_relay_that_says_nothing(relay: ScriptedRelay, step: str, timeouts: Timeouts, uncertain: bool) -> None:
    """Silence ends by our own clock: before the text the message goes elsewhere, after it nobody knows."""
    may_go_on = threading.Event()
    relay.decide = greeted(PIPELINING, hold(step, may_go_on, connection=1))
    desk = FakeDesk(1)
    submit_all(desk, to(relay), timeouts=timeouts)
    may_go_on.set()
    if uncertain:
        assert {1: ReceiptKind.UNCERTAIN} == desk.kinds()
    else:
        assert [] == desk.receipts
        assert "no reply" in desk.given_back[0][1]


def test_a_relay_that_takes_no_text(relay: ScriptedRelay) -> None:
    """A text that is not taken whole in its time is given back: without its dot it cannot have been delivered."""
    may_go_on = threading.Event()

    def stop_reading(moment: Moment) -> None:
        if moment.step == "text":
            may_go_on.wait(20)

    relay.decide = greeted(PIPELINING, stop_reading)
    desk = FakeDesk(1, text=b"a line\r\n" * 3_000_000)
    submit_all(desk, to(relay), timeouts=Timeouts(text=0.3, farewell=0.2))
    may_go_on.set()
    assert [] == desk.receipts
    assert "has not taken the text" in desk.given_back[0][1]
    assert [] == relay.kept


def test_replies_that_come_one_octet_at_a_time(relay: ScriptedRelay) -> None:
    """Split anywhere or all in one piece, replies answer the same commands."""
    relay.decide = greeted(PIPELINING)
    relay.drip = True
    desk = FakeDesk(*range(1, 6))
    assert submit_all(desk, to(relay)) is None
    assert dict.fromkeys(range(1, 6), ReceiptKind.ACCEPTED) == desk.kinds()


def test_connections_are_kept_between_runs(relay: ScriptedRelay) -> None:
    """A second run uses the connection of the first, and replaces it for nothing when the relay closed it."""
    relay.decide = greeted(PIPELINING)
    transport = SmtpTransport([to(relay)], QUICK)
    for number in (1, 2):
        desk = FakeDesk(number)
        transport.run(lambda pool, desk=desk: drain(pool, desk))  # type: ignore[misc]  # bound to this round
    assert [1, 1] == [each.connection for each in relay.kept]
    relay.decide = greeted(PIPELINING, at("noop", CLOSE, connection=1))
    desk = FakeDesk(3)
    transport.run(lambda pool: drain(pool, desk))
    transport.close()
    assert [1, 1, 2] == [each.connection for each in relay.kept]
    assert [] == desk.given_back
