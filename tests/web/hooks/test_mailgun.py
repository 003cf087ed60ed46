"""Mailgun's events: what each says of the reader."""

import json
from typing import Any

import pytest

from newsletter.inbound.report.reported import Action, Kind, Reason
from newsletter.web.hooks.hook import Call
from newsletter.web.hooks.mailgun import MailgunHook
from tests.web.hooks.operators import MAILGUN_KEY, NOON, Bounce, Mailgun

HOOK = MailgunHook(MAILGUN_KEY.encode())
ANN = "ann@example.org"


def told(**changed: Any) -> list[Any]:
    """Return what an event with some fields changed is read as."""
    call = json.loads(Mailgun().call(Bounce(ANN)).octets)
    call["event-data"].update(changed)
    return [each.reported for each in HOOK.hear(Call({}, json.dumps(call).encode()), NOON).reports]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, (Kind.PERMANENT, Reason.NO_SUCH_ADDRESS, Action.FAILED)),
        ({"severity": "temporary"}, (Kind.TRANSIENT, Reason.NO_SUCH_ADDRESS, Action.DELAYED)),
        ({"reason": "old", "delivery-status": {"code": 602}}, (Kind.TRANSIENT, Reason.EXPIRED, Action.FAILED)),
        (
            {"delivery-status": {"code": 552, "message": "5.2.2 over quota"}},
            (Kind.TRANSIENT, Reason.MAILBOX_FULL, Action.FAILED),
        ),
        (
            {"delivery-status": {"code": 550, "description": "spam", "enhanced-code": "5.7.1"}},
            (Kind.TRANSIENT, Reason.CONTENT, Action.FAILED),
        ),
        ({"event": "complained"}, (Kind.COMPLAINT, Reason.ABUSE, None)),
    ],
)
def test_an_event_is_judged_by_its_words(
    changed: dict[str, Any], expected: tuple[Kind, Reason, Action | None]
) -> None:
    """As a report by mail is; what Mailgun still tries is a delay."""
    (reported,) = told(**changed)
    assert expected == (reported.kind, reported.reason, reported.action)
    assert reported.recipient == ANN


@pytest.mark.parametrize(
    "changed",
    [
        {"event": "delivered"},
        {"event": "unsubscribed"},
        {"event": 7},
        {"recipient": "nobody"},
        {"recipient": None},
    ],
)
def test_other_events_say_nothing(changed: dict[str, Any]) -> None:
    """What arrived, and what is nobody's address, is not reported."""
    assert told(**changed) == []


def test_the_call_is_heard_once() -> None:
    """What its signature covers is handed on, so that it is good once."""
    call = Mailgun().call(Bounce(ANN))
    signature = json.loads(call.octets)["signature"]
    assert f"{signature['timestamp']} {signature['token']}" == HOOK.hear(Call({}, call.octets), NOON).once
