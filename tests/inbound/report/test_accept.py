"""Reports by mail: believed where a signed address vouches for them, counted once, and then acted on."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.addressed import PREFIXES, address_maker
from newsletter.inbound.report.reported import Reason
from newsletter.inbound.report.score import REST
from newsletter.readers.store import Origin, record_consent
from newsletter.readers.tables import ConsentEvent, consent, subscriber
from newsletter.tokens import Purpose, Tokens
from tests.delivery.press import NOW
from tests.inbound.returning import DOMAIN, Returning, complaint, failure, failures

NOTHING: dict[str, object] = {}
ARF_TO = "abuse@paper.example"


def unchanged(returning: Returning) -> bool:
    """Whether nothing was believed."""
    counts = (returning.score("ann"), returning.score("bob"))
    is_active = returning.states() == ["active", "active"]
    return is_active and counts == (0.0, 0.0) and not returning.suppressed() and not returning.reports()


def test_an_address_that_will_never_work_is_suppressed_at_once(returning: Returning) -> None:
    """A permanent bounce to the signed address ends mail to that reader, and to nobody else."""
    assert returning.bounce("ann", "5.1.1") == "suppressed"
    assert {"ann": ("bounce", None)} == returning.suppressed()
    row = returning.reports()[0]
    told = {name: row[name] for name in ("source", "kind", "reason", "status", "edition_id", "points")}
    assert told == {
        "source": "mail",
        "kind": "permanent",
        "reason": "no-such-address",
        "status": "5.1.1",
        "edition_id": returning.edition_id,
        "points": 0.0,
    }


def test_the_same_report_again_is_one(returning: Returning) -> None:
    """Whoever delivers a report twice, in whatever envelope, has it counted once."""
    assert returning.bounce("ann") == "counted"
    assert returning.bounce("ann") == "repeated"
    assert returning.bounce("ann", days=1) == "repeated"
    assert (1.0, 1) == (returning.score("ann"), len(returning.reports()))


def test_a_delivery_counts_once_whatever_is_said_of_it(returning: Returning) -> None:
    """Two reports of one message that give two causes, on two days, are one point."""
    assert returning.bounce("ann", "5.2.2") == "counted"
    assert returning.bounce("ann", "5.4.7", days=1) == "noted"
    assert ([1.0, 0.0], 1.0) == ([each["points"] for each in returning.reports()], returning.score("ann"))


def test_points_of_several_days_end_mail_for_a_while(returning: Returning) -> None:
    """Five editions that bounce on five days, and the address rests."""
    outcomes = []
    for day in range(5):
        returning.edition_id = returning.press.make_ready([], NOW.date() + timedelta(days=day + 1))
        returning.press.start(returning.edition_id)
        rows = returning.press.rows(returning.edition_id)
        returning.deliveries = dict(zip(("ann", "bob"), [row.id for row in rows], strict=True))
        outcomes.append(returning.bounce("ann", days=day))
    assert outcomes == ["counted"] * 4 + ["suppressed"]
    assert {"ann": ("bounce", NOW + timedelta(days=4) + REST)} == returning.suppressed()


def test_two_bounces_of_a_day_are_one_point(returning: Returning) -> None:
    """Two editions of a day that bounce are one point: the mailbox was full once."""
    assert returning.bounce("ann") == "counted"
    returning.edition_id = returning.press.make_ready([], NOW.date() + timedelta(days=1))
    returning.press.start(returning.edition_id)
    returning.deliveries["ann"] = returning.press.rows(returning.edition_id)[0].id
    assert returning.bounce("ann", days=0.25) == "noted"
    assert returning.score("ann") == 1.0


def test_a_delay_and_our_own_fault_change_nothing_for_the_reader(returning: Returning) -> None:
    """What is still tried, and a refusal of ourselves, stand in the figures alone."""
    to = returning.address("ann")
    assert returning.receive(failure(to, status="4.4.1", action="delayed"), to) == "noted"
    assert returning.bounce("bob", "5.7.1", "550 5.7.1 your host is on a block list") == "noted"
    assert (0.0, 0.0) == (returning.score("ann"), returning.score("bob"))
    assert ["unreachable", "blocked"] == [each["reason"] for each in returning.reports()]
    assert returning.suppressed() == {}


@pytest.mark.parametrize("place", ["Original-Mail-From: {}", "Original-Mail-From: <{}>"])
def test_a_complaint_ends_all_mail(returning: Returning, place: str) -> None:
    """Who reports us as spam is suppressed and leaves, though the operator blacked the name out."""
    fields = place.format(returning.address("ann"))
    assert returning.receive(complaint(ARF_TO, fields=fields), ARF_TO) == "suppressed"
    assert {"ann": ("complaint", None)} == returning.suppressed()
    assert ["unsubscribed", "active"] == returning.states()
    with returning.press.database.transaction() as connection:
        ways = connection.execute(sa.select(consent.c.how).where(consent.c.event == "unsubscribed")).scalars()
        assert ["complaint"] == list(ways)


@pytest.mark.parametrize(
    "field",
    [
        "Return-Path: <{}>",
        "Authentication-Results: operator.example; spf=pass smtp.mailfrom={}; dkim=pass",
        "Received-SPF: pass (operator.example) envelope-from={}; helo=x",
    ],
)
def test_the_envelope_sender_is_found_in_the_returned_message(returning: Returning, field: str) -> None:
    """Operators who say less still return the fields in which they wrote our envelope sender."""
    returned = field.format(returning.address("bob"))
    assert returning.receive(complaint(ARF_TO, returned=returned), ARF_TO) == "suppressed"
    assert {"bob": ("complaint", None)} == returning.suppressed()


def test_a_report_on_authentication_is_nobodys_complaint(returning: Returning) -> None:
    """RFC 6591 has the form of a complaint; it is about our signatures."""
    fields = f"Original-Mail-From: {returning.address('ann')}"
    octets = complaint(ARF_TO, kind="auth-failure", fields=fields)
    assert returning.receive(octets, ARF_TO) == "noted"
    assert (["active", "active"], {}) == (returning.states(), returning.suppressed())


def test_not_spam_is_no_report(returning: Returning) -> None:
    """A reader who takes a complaint back has reported nothing."""
    fields = f"Original-Mail-From: {returning.address('ann')}"
    assert returning.receive(complaint(ARF_TO, kind="not-spam", fields=fields), ARF_TO) == ""
    assert unchanged(returning)


def test_an_answer_is_no_report(returning: Returning) -> None:
    """What a person or an absence note writes to the envelope sender is not for us to judge."""
    to = returning.address("ann")
    octets = f"From: ann@example.org\nTo: {to}\nSubject: Away\nAuto-Submitted: auto-replied\n\nI am away.\n"
    assert returning.receive(octets.encode(), to) == ""
    assert unchanged(returning)


def test_a_report_that_nobody_signed_changes_nothing(returning: Returning) -> None:
    """Anybody can write that an address does not exist; in the text alone, it is hearsay."""
    octets = failure("news@paper.example")
    assert returning.receive(octets, "news@paper.example") == "not ours"
    assert returning.receive(failure("", said=f"550 5.1.1 {returning.address('ann')}"), "") == "not ours"
    assert unchanged(returning)


def test_signatures_of_others_and_for_other_things_are_refused(returning: Returning, tokens: Tokens) -> None:
    """A token of another installation, for another purpose, or too old, vouches for nothing."""
    delivery_id = returning.deliveries["ann"]
    others = address_maker(Tokens("x" * 40), Purpose.BOUNCE, DOMAIN, NOW)(delivery_id)
    forged = [others, returning.address("ann", issued_at=NOW - timedelta(days=61))]
    for purpose in sorted(PREFIXES.keys() - {Purpose.BOUNCE}):
        made = address_maker(tokens, purpose, DOMAIN, NOW)(delivery_id)
        forged.append(made.replace(PREFIXES[purpose], PREFIXES[Purpose.BOUNCE]))
        if purpose is not Purpose.LETTER_BOUNCE:
            forged.append(made)
    for to in forged:
        assert returning.receive(failure(to), to) == "not ours"
    assert unchanged(returning)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_character_of_a_token_may_be_wrong(returning: Returning, data: st.DataObject) -> None:
    """Cut short anywhere, or with one character changed, an address vouches for nothing."""
    local, _, domain = returning.address("ann").partition("@")
    place = data.draw(st.integers(len("bounces+"), len(local) - 1))
    other = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda each: each != local[place])
    )
    for spoilt in (local[:place], local[:place] + other + local[place + 1 :]):
        to = f"{spoilt}@{domain}"
        assert returning.receive(failure(to), to) == "not ours"
    assert unchanged(returning)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.binary(max_size=60))
def test_whatever_octets_come_nothing_is_raised(returning: Returning, start: bytes, end: bytes) -> None:
    """A report in pieces, with anything around it, is taken or is not; it never fails."""
    to = returning.address("ann")
    octets = failure(to, status="4.9.9", action="delayed")
    assert returning.receive(start + octets + end, to) in {"", "noted", "repeated", "counted", "suppressed"}


def test_upper_case_and_header_addresses_are_read(returning: Returning) -> None:
    """A system that writes addresses in capitals, and a mailbox that tells no envelope, lose nothing."""
    to = returning.address("ann").upper()
    assert returning.receive(failure(to), "") == "suppressed"
    assert {"ann"} == set(returning.suppressed())


def test_of_several_recipients_the_readers_own_counts(returning: Returning) -> None:
    """A mail that went on to several: what is said of our reader's address counts, else the mildest."""
    to = returning.address("ann")
    gone, full = ("5.1.1", "", "failed"), ("4.2.2", "", "failed")
    octets = failures(to, ("eve@elsewhere.example", *gone), ("ANN@example.org", *full))
    assert returning.receive(octets, to) == "counted"
    to = returning.address("bob")
    octets = failures(to, ("eve@elsewhere.example", *gone), ("dan@elsewhere.example", *full))
    assert returning.receive(octets, to) == "counted"
    assert returning.suppressed() == {}


def test_where_an_address_was_forwarded_to_is_told_of_the_reader(returning: Returning) -> None:
    """The only recipient of a report stands for our reader, whatever it is called there."""
    to = returning.address("ann")
    assert returning.receive(failure(to, "eve@elsewhere.example"), to) == "suppressed"
    assert {"ann"} == set(returning.suppressed())


def test_an_old_address_does_not_condemn_the_new_one(returning: Returning) -> None:
    """A reader who moved meanwhile is not judged by what is told of the address they left."""
    to = returning.address("ann")
    with returning.press.database.transaction() as connection:
        moved = {"address": "new@example.org", "canonical_address": "new@example.org"}
        connection.execute(sa.update(subscriber).where(subscriber.c.id == 1).values(moved))
        record_consent(connection, 1, ConsentEvent.MOVED, NOW + timedelta(minutes=5), Origin("page"))
    assert returning.receive(failure(to, "ann@example.org"), to, days=1) == "not ours"
    assert returning.suppressed() == {}
    assert returning.receive(failure(to, "new@example.org"), to, days=1) == "suppressed"
    assert {"new"} == set(returning.suppressed())


def test_a_letters_bounce_is_of_no_edition(returning: Returning) -> None:
    """A confirmation that cannot be delivered suppresses too, by its own kind of address."""
    to = address_maker(returning.press.tokens, Purpose.LETTER_BOUNCE, DOMAIN, NOW)(1)
    assert returning.receive(failure(to), to) == "suppressed"
    assert [None] == [each["edition_id"] for each in returning.reports()]


def test_a_report_of_somebody_erased_is_not_ours(returning: Returning) -> None:
    """Once a reader is gone, nothing is written down of them."""
    to = returning.address("ann")
    with returning.press.database.transaction() as connection:
        connection.execute(sa.delete(subscriber).where(subscriber.c.id == 1))
    assert returning.receive(failure(to), to) == "not ours"
    assert returning.reports() == []


def test_what_was_said_can_be_stored(returning: Returning) -> None:
    """No character that a stranger writes keeps a report from being written down."""
    to = returning.address("ann")
    octets = failure(to, said="550 5.1.1 gone").replace(b"gone", b"gone\x00\x1b[31m\xff")
    assert returning.receive(octets, to) == "suppressed"
    assert Reason.NO_SUCH_ADDRESS == returning.reports()[0]["reason"]
    assert returning.reports()[0]["diagnostic"].isprintable()
