"""SendGrid's events: what each says of the reader."""

from typing import Any

import pytest

from newsletter.inbound.report.reported import Action, Kind, Reason
from newsletter.web.hooks.hook import Call, UnreadableError
from newsletter.web.hooks.sendgrid import SendGridHook, read_public_key
from tests.web.hooks.operators import NOON, SendGrid, sendgrid_public_key

HOOK = SendGridHook(read_public_key(sendgrid_public_key()))
ANN = "ann@example.org"


def told(*events: object) -> list[Any]:
    """Return what signed events are read as."""
    call = SendGrid().post(list(events))
    headers = {name.lower(): value for name, value in call.headers.items()}
    return [each.reported for each in HOOK.hear(Call(headers, call.octets), NOON).reports]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            {"event": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"},
            (Kind.PERMANENT, Reason.NO_SUCH_ADDRESS, Action.FAILED),
        ),
        (
            {"event": "bounce", "reason": "552 5.2.2 over quota"},
            (Kind.TRANSIENT, Reason.MAILBOX_FULL, Action.FAILED),
        ),
        (
            {"event": "bounce", "type": "blocked", "status": "5.0.0", "reason": "no"},
            (Kind.TRANSIENT, Reason.POLICY, Action.FAILED),
        ),
        (
            {"event": "deferred", "response": "452 4.2.2 over quota"},
            (Kind.TRANSIENT, Reason.MAILBOX_FULL, Action.DELAYED),
        ),
        ({"event": "dropped", "reason": "Bounced Address"}, (Kind.TRANSIENT, Reason.UNKNOWN, Action.FAILED)),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, (Kind.COMPLAINT, Reason.OTHER, None)),
        ({"event": "spamreport"}, (Kind.COMPLAINT, Reason.ABUSE, None)),
    ],
)
def test_an_event_is_judged_by_its_words(
    event: dict[str, str], expected: tuple[Kind, Reason, Action | None]
) -> None:
    """As a report by mail is; what SendGrid still tries is a delay, what it will not send any more is none."""
    (reported,) = told({"email": ANN, **event})
    assert expected == (reported.kind, reported.reason, reported.action)


def test_other_events_say_nothing() -> None:
    """Opens, clicks, deliveries, and what is no event at all."""
    others = [{"email": ANN, "event": "open"}, {"email": "", "event": "bounce"}, {"event": "bounce"}, 7, None, []]
    assert told(*others) == []


@pytest.mark.parametrize("said", [{"email": ANN}, "bounce", None])
def test_what_is_no_list_is_said(said: object) -> None:
    """Signed, but not as documented."""
    call = SendGrid().post(said)
    headers = {name.lower(): value for name, value in call.headers.items()}
    with pytest.raises(UnreadableError):
        HOOK.hear(Call(headers, call.octets), NOON)
