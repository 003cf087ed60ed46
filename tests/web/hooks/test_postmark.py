"""Postmark's records: what each type says of the reader, and whose login counts."""

import json
from base64 import b64encode
from typing import Any

import pytest

from newsletter.inbound.report.reported import Action, Kind, Reason
from newsletter.web.hooks.hook import Call, ForgedError
from newsletter.web.hooks.postmark import PostmarkHook
from tests.web.hooks.operators import NOON, POSTMARK_LOGIN, Bounce, Postmark

HOOK = PostmarkHook(POSTMARK_LOGIN.encode())
ANN = "ann@example.org"


def told(**changed: Any) -> list[Any]:
    """Return what a record with some fields changed is read as."""
    call = Postmark().call(Bounce(ANN))
    octets = json.dumps({**json.loads(call.octets), **changed}).encode()
    headers = {name.lower(): value for name, value in call.headers.items()}
    return [each.reported for each in HOOK.hear(Call(headers, octets), NOON).reports]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, (Kind.PERMANENT, Reason.NO_SUCH_ADDRESS, Action.FAILED)),
        ({"Details": "smtp;550 no"}, (Kind.TRANSIENT, Reason.UNKNOWN, Action.FAILED)),
        (
            {"Type": "SoftBounce", "Details": "552 5.2.2 over quota"},
            (Kind.TRANSIENT, Reason.MAILBOX_FULL, Action.FAILED),
        ),
        ({"Type": "Transient", "Details": ""}, (Kind.TRANSIENT, Reason.DELAYED, Action.DELAYED)),
        ({"Type": "BadEmailAddress", "Details": ""}, (Kind.PERMANENT, Reason.NO_SUCH_ADDRESS, Action.FAILED)),
        ({"Type": "DnsError", "Details": ""}, (Kind.TRANSIENT, Reason.UNREACHABLE, Action.FAILED)),
        ({"Type": "Blocked", "Details": ""}, (Kind.TRANSIENT, Reason.POLICY, Action.FAILED)),
        ({"Type": "SpamComplaint"}, (Kind.COMPLAINT, Reason.ABUSE, None)),
        ({"RecordType": "SpamComplaint"}, (Kind.COMPLAINT, Reason.ABUSE, None)),
    ],
)
def test_a_record_is_judged_by_its_words(
    changed: dict[str, Any], expected: tuple[Kind, Reason, Action | None]
) -> None:
    """As a report by mail is; Postmark's own type speaks where no word does."""
    (reported,) = told(**changed)
    assert expected == (reported.kind, reported.reason, reported.action)


@pytest.mark.parametrize(
    "changed",
    [
        {"Type": "AutoResponder"},
        {"Type": "AddressChange"},
        {"Type": "Subscribe"},
        {"RecordType": "Delivery"},
        {"RecordType": "SubscriptionChange"},
        {"Email": ""},
        {"Type": 7},
    ],
)
def test_other_records_say_nothing(changed: dict[str, Any]) -> None:
    """Automatic answers and what arrived are no bounces."""
    assert told(**changed) == []


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Basic",
        "Basic !!!",
        f"Basic {b64encode(POSTMARK_LOGIN[:-1].encode()).decode()}",
        f"Basic {b64encode(POSTMARK_LOGIN.encode()).decode()}x",
        f"Bearer {b64encode(POSTMARK_LOGIN.encode()).decode()}",
        "Basic \udcff",
    ],
)
def test_only_the_whole_login_counts(given: str) -> None:
    """Cut short, lengthened or in another scheme, it is none."""
    call = Postmark().call(Bounce(ANN))
    with pytest.raises(ForgedError):
        HOOK.hear(Call({"authorization": given}, call.octets), NOON)
