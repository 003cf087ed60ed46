"""Amazon SES's notifications in JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.report.arf import Complaint
from newsletter.inbound.report.dsn import Notice
from newsletter.inbound.report.reported import Action, Reason
from newsletter.inbound.report.ses import read_notification

values = st.recursive(
    st.none() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
)


def bounce(**told: str) -> str:
    row = {"emailAddress": "ann@reader.example", **told}
    part = {"bounceType": "Transient", "bounceSubType": "MailboxFull", "bouncedRecipients": [row]}
    return json.dumps({"notificationType": "Bounce", "bounce": part})


def test_a_status_that_is_told_counts() -> None:
    """A recipient's own status counts before the subtype, which stands for one where none is told."""
    told = bounce(status="5.1.1", diagnosticCode="smtp; 550 5.1.1 no", action="failed")
    assert [Notice("ann@reader.example", "", Action.FAILED, "5.1.1", "550 5.1.1 no")] == read_notification(told)
    assert [Notice("ann@reader.example", "", Action.FAILED, "5.2.2", "")] == read_notification(bounce())


def test_a_line_that_sendmail_broke() -> None:
    """A line broken for being longer than SMTP allows is put together again."""
    told = bounce()
    assert read_notification(told) == read_notification(f"{told[:40]}!\n {told[40:]}\n\n--\nUnsubscribe\n")


def test_a_complaint() -> None:
    """A complaint without a type is one of abuse."""
    told = {
        "eventType": "Complaint",
        "complaint": {"complainedRecipients": [{"emailAddress": "ann@reader.example"}]},
    }
    assert Complaint(["ann@reader.example"], Reason.ABUSE, "") == read_notification(json.dumps(told))


@pytest.mark.parametrize(
    "text", ["", "{", "{}", "[1]", "Hello {}", '{"Message": "{"}', "{" * 50_000, '{"a":' * 50_000]
)
def test_what_is_no_notification(text: str) -> None:
    """Other texts, and JSON made to be a nuisance, are none."""
    assert read_notification(text) is None


@given(st.sampled_from(["Bounce", "Complaint"]), st.dictionaries(st.sampled_from(["bounce", "complaint"]), values))
def test_any_json_is_read(kind: str, told: dict[str, object]) -> None:
    """Whatever stands where, nothing is raised."""
    assert read_notification(json.dumps({"notificationType": kind, **told})) is not None
    rows = {"bouncedRecipients": told, "complainedRecipients": list(told.values())}
    assert read_notification(json.dumps({"eventType": kind, "bounce": rows, "complaint": rows})) is not None
