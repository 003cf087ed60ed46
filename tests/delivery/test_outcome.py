"""What a relay's reply means for a delivery."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.outcome import (
    BACKOFF,
    JITTER,
    UNCERTAIN_PAUSE,
    Fault,
    Receipt,
    ReceiptKind,
    Stage,
    pause_after,
    receipt_for,
    state_after,
)
from newsletter.delivery.states import OPEN, DeliveryState

REPLIES = [
    # code, text, kind, enhanced status, whether the address is condemned
    (250, "2.0.0 queued", ReceiptKind.ACCEPTED, "2.0.0", False),
    (250, "OK", ReceiptKind.ACCEPTED, "", False),
    (250, "5.1.1 a 250 is an acceptance whatever it says", ReceiptKind.ACCEPTED, "5.1.1", False),
    (421, "4.7.28 slow down", ReceiptKind.DEFERRED, "4.7.28", False),
    (450, "4.2.0 greylisted", ReceiptKind.DEFERRED, "4.2.0", False),
    (451, "5.1.1 a 4yz never condemns", ReceiptKind.DEFERRED, "5.1.1", False),
    (550, "5.1.1 no such reader", ReceiptKind.FAILED, "5.1.1", True),
    (550, "5.1.2 no such host", ReceiptKind.FAILED, "5.1.2", True),
    (553, "5.1.3 no address at all", ReceiptKind.FAILED, "5.1.3", True),
    (551, "5.1.6 moved away", ReceiptKind.FAILED, "5.1.6", True),
    (556, "5.1.10 null MX", ReceiptKind.FAILED, "5.1.10", True),
    (550, "5.1.0 other address fault", ReceiptKind.FAILED, "5.1.0", False),
    (550, "5.1.11 not on our table", ReceiptKind.FAILED, "5.1.11", False),
    (452, "4.2.2 mailbox full", ReceiptKind.DEFERRED, "4.2.2", False),
    (452, "insufficient system storage", ReceiptKind.DEFERRED, "", False),
    (552, "5.2.2 mailbox full", ReceiptKind.FAILED, "5.2.2", False),
    (552, "mailbox full", ReceiptKind.FAILED, "", False),
    (552, "5.3.4 message too big", ReceiptKind.FAILED, "5.3.4", False),
    (554, "5.6.0 our content", ReceiptKind.FAILED, "5.6.0", False),
    (550, "5.7.1 our reputation", ReceiptKind.FAILED, "5.7.1", False),
    (550, "5.7.1\nin two lines", ReceiptKind.FAILED, "5.7.1", False),
    (550, "5.7.515 not authenticated", ReceiptKind.FAILED, "5.7.515", False),
    (550, "no such user here", ReceiptKind.FAILED, "", False),
    (550, "see 5.1.1 in the manual", ReceiptKind.FAILED, "", False),
    (-1, "gibberish", ReceiptKind.DEFERRED, "", False),
    (354, "go on", ReceiptKind.DEFERRED, "", False),
]


@pytest.mark.parametrize(("code", "text", "kind", "enhanced", "condemns"), REPLIES)
def test_replies(code: int, text: str, kind: ReceiptKind, enhanced: str, condemns: bool) -> None:
    """Each reply has one kind, and only an address that will never work is held against the reader."""
    receipt = receipt_for(7, code, text)
    assert (7, kind, enhanced, condemns) == (
        receipt.delivery_id,
        receipt.kind,
        receipt.enhanced_status,
        receipt.condemns_address,
    )


FAULTS = [
    # code, text, stage, our fault
    (550, "5.7.1 our reputation", Stage.RECIPIENT, Fault.POLICY),
    (550, "5.7.26 unauthenticated", Stage.CONTENT, Fault.POLICY),
    (550, "4.7.1 final all the same", Stage.CONTENT, Fault.POLICY),
    (554, "5.6.0 our content", Stage.CONTENT, Fault.CONTENT),
    (553, "5.6.7 no address beyond ASCII", Stage.RECIPIENT, None),
    (550, "5.6.9 no UTF-8 header for this reader", Stage.CONTENT, None),
    (550, "5.6.11 a message we wrote", Stage.CONTENT, Fault.CONTENT),
    (552, "5.3.4 message too big", Stage.CONTENT, Fault.SIZE),
    (554, "Transaction failed", Stage.CONTENT, Fault.UNNAMED),
    (550, "No such user here", Stage.RECIPIENT, None),
    (550, "5.1.1 no such reader", Stage.RECIPIENT, None),
    (552, "5.2.2 mailbox full", Stage.CONTENT, None),
    (554, "5.3.0 their system", Stage.CONTENT, None),
    (550, "5.5.0 mailbox unavailable", Stage.RECIPIENT, None),
    (451, "4.7.1 greylisted", Stage.CONTENT, None),
    (250, "2.0.0 queued", Stage.CONTENT, None),
]


@pytest.mark.parametrize(("code", "text", "stage", "fault"), FAULTS)
def test_our_own_faults(code: int, text: str, stage: Stage, fault: Fault | None) -> None:
    """Policy, content and size are ours whoever the recipient; a fault of ours never condemns an address."""
    receipt = receipt_for(7, code, text, stage)
    assert (fault, False) == (receipt.our_fault, receipt.our_fault is not None and receipt.condemns_address)


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (421, "closing the connection", True),
        (451, "local error", True),
        (450, "4.7.0 too many connections", True),
        (450, "4.2.0 greylisted", False),
        (452, "4.2.2 mailbox full", False),
        (550, "4.7.1 final", False),
        (250, "4.7.1 accepted", False),
    ],
)
def test_a_relay_that_wants_less(code: int, text: str, expected: bool) -> None:
    """A relay that defers us is told from one that defers a recipient."""
    assert expected == receipt_for(7, code, text).asks_us_to_slow_down


@pytest.mark.parametrize("kind", ReceiptKind)
@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_every_receipt_leads_to_a_state(kind: ReceiptKind, policy: str) -> None:
    """A receipt's kind is the state it leads to, but for the uncertain one that the operator holds."""
    is_held = kind is ReceiptKind.UNCERTAIN and policy == "hold"
    expected = DeliveryState.HELD if is_held else DeliveryState(kind.value)
    assert expected == state_after(Receipt(1, kind), policy)


def test_a_held_delivery_keeps_no_edition_open() -> None:
    """Accepted, failed and held end a delivery; deferred and uncertain keep its edition open."""
    ends = {kind: state_after(Receipt(1, kind), "hold") in OPEN for kind in ReceiptKind}
    expected = {
        ReceiptKind.ACCEPTED: False,
        ReceiptKind.DEFERRED: True,
        ReceiptKind.FAILED: False,
        ReceiptKind.UNCERTAIN: False,
    }
    assert expected == ends


@given(st.integers(-1, 999), st.text(), st.sampled_from(Stage))
def test_any_reply_is_read(code: int, text: str, stage: Stage) -> None:
    """Whatever a relay says, it is one thing or the other: ours, the recipient's, or a wish to be left alone."""
    receipt = receipt_for(7, code, text, stage)
    said = [receipt.our_fault is not None, receipt.condemns_address, receipt.asks_us_to_slow_down]
    assert said.count(True) <= 1


@given(
    attempts=st.integers(min_value=-1, max_value=10_000),
    dice=st.floats(min_value=0, max_value=1, exclude_max=True),
)
def test_the_pause_stays_in_its_bounds(attempts: int, dice: float) -> None:
    """The pause grows with the attempts to an hour, and the dice move it by a fifth either way at most."""
    pause = pause_after(Receipt(1, ReceiptKind.DEFERRED), attempts, dice)
    middle = BACKOFF[max(0, min(attempts, len(BACKOFF)) - 1)]
    slack = timedelta(microseconds=1)
    assert middle * (1 - JITTER) - slack <= pause <= middle * (1 + JITTER) + slack


@given(st.lists(st.floats(min_value=0, max_value=1, exclude_max=True), min_size=2, unique=True))
def test_the_dice_spread_the_pauses(dice: list[float]) -> None:
    """A higher throw waits longer, so that a thousand deferred deliveries do not come back at one instant."""
    pauses = [pause_after(Receipt(1, ReceiptKind.DEFERRED), 1, each) for each in sorted(dice)]
    assert sorted(pauses) == pauses


@pytest.mark.parametrize("attempts", [1, 2, 9])
def test_an_uncertain_delivery_waits_for_a_late_acceptance(attempts: int) -> None:
    """The pause after a lost final reply does not depend on attempts or dice."""
    assert UNCERTAIN_PAUSE == pause_after(Receipt(1, ReceiptKind.UNCERTAIN), attempts, 0.9)
