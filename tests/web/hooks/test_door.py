"""The hooks: what an operator signs is taken once, whatever else comes changes nothing."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.web.hooks.door import KEPT
from newsletter.web.hooks.mailgun import WINDOW
from tests.web.hooks.conftest import Exchange
from tests.web.hooks.operators import NOON, OPERATORS, Bounce, Mailgun, Posted, SendGrid

FORBIDDEN = 403
BAD = 400
GONE = 404
TOO_LARGE = 413
AGAIN = 503
HOSTILE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

every_operator = pytest.mark.parametrize("name", sorted(OPERATORS))
own_clock = pytest.mark.parametrize("name", sorted(OPERATORS.keys() - {"postmark"}))


def flipped(octets: bytes, place: int, bit: int) -> bytes:
    place %= len(octets)
    return octets[:place] + bytes([octets[place] ^ (1 << bit)]) + octets[place + 1 :]


@every_operator
def test_a_bounce_ends_mail(exchange: Exchange, name: str) -> None:
    """A permanent bounce of our message is written down with its edition, and the address is suppressed."""
    answer = exchange.post(OPERATORS[name].call(exchange.bounce()))
    assert (200, {"reports": 1, "not_ours": 0}) == (answer.status_code, answer.json())
    assert {"ann": ("bounce", None)} == exchange.returning.suppressed()
    (row,) = exchange.returning.reports()
    edition_id = None if name == "postmark" else exchange.returning.edition_id
    expected = (name.partition("-")[0], "permanent", "no-such-address", edition_id)
    assert expected == (row["source"], row["kind"], row["reason"], row["edition_id"])


@every_operator
def test_a_complaint_ends_mail_and_subscriptions(exchange: Exchange, name: str) -> None:
    """Who presses "spam" is suppressed for good and leaves."""
    assert exchange.post(OPERATORS[name].call(exchange.bounce("bob", complaint=True))).status_code == 200
    assert {"bob": ("complaint", None)} == exchange.returning.suppressed()
    assert ["active", "unsubscribed"] == exchange.returning.states()


@every_operator
def test_a_forged_call_changes_nothing(exchange: Exchange, name: str) -> None:
    """Signed with another's key, or with none, a call is refused."""
    before = exchange.scene.everything()
    forged = OPERATORS[name].call(exchange.bounce(), forged=True)
    assert exchange.post(forged).status_code == FORBIDDEN
    bare = Posted(forged.name, forged.octets)
    assert exchange.post(bare).status_code == FORBIDDEN
    assert before == exchange.scene.everything()


@own_clock
def test_a_call_from_another_time_changes_nothing(exchange: Exchange, name: str) -> None:
    """Signed days ago, or days ahead, a call is refused; the clock may be a little off."""
    before = exchange.scene.everything()
    for off in (timedelta(days=-2), timedelta(days=2), timedelta(minutes=6)):
        assert exchange.post(OPERATORS[name].call(exchange.bounce(), NOON + off)).status_code == FORBIDDEN
    assert before == exchange.scene.everything()
    assert exchange.post(OPERATORS[name].call(exchange.bounce(), NOON + timedelta(minutes=4))).status_code == 200


@every_operator
def test_a_call_that_is_cut_short_changes_nothing(exchange: Exchange, name: str) -> None:
    """Half a call is refused, whoever signed the whole."""
    before = exchange.scene.everything()
    call = OPERATORS[name].call(exchange.bounce())
    for length in (0, 1, len(call.octets) // 2, len(call.octets) - 1):
        cut = Posted(call.name, call.octets[:length], call.headers)
        assert exchange.post(cut).status_code in {BAD, FORBIDDEN}
    assert before == exchange.scene.everything()


@pytest.mark.parametrize("name", ["ses", "ses-sha1", "sendgrid"])
@HOSTILE
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_may_be_wrong(exchange: Exchange, name: str, place: int, bit: int) -> None:
    """A bit that is wrong in a call is refused; in the two of SNS's fields that nobody signs it leads nowhere."""
    call = OPERATORS[name].call(exchange.bounce())
    answer = exchange.post(Posted(call.name, flipped(call.octets, place, bit), call.headers))
    assert answer.status_code in ({FORBIDDEN} if name == "sendgrid" else {BAD, FORBIDDEN, AGAIN})
    assert ([], {}) == (exchange.returning.reports(), exchange.returning.suppressed())


@HOSTILE
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_mailguns_signature_may_be_wrong(exchange: Exchange, place: int, bit: int) -> None:
    """Time, token and signature belong together."""
    told = json.loads(Mailgun().call(exchange.bounce()).octets)
    names = sorted(told["signature"])
    name = names[place % len(names)]
    octets = flipped(told["signature"][name].encode(), place // len(names), bit)
    told["signature"][name] = octets.decode("latin-1")
    assert exchange.post(Posted("mailgun", json.dumps(told).encode())).status_code == FORBIDDEN
    assert ([], {}) == (exchange.returning.reports(), exchange.returning.suppressed())


@every_operator
def test_the_same_call_again_changes_nothing(exchange: Exchange, name: str) -> None:
    """A retry of theirs, or a replay of somebody's: the report is there once."""
    call = OPERATORS[name].call(exchange.bounce(status="5.2.2", said="552 5.2.2 mailbox full"))
    assert exchange.post(call).status_code == 200
    before = exchange.scene.everything()
    again = FORBIDDEN if name == "mailgun" else 200
    assert again == exchange.post(call).status_code
    assert before == exchange.scene.everything()
    assert exchange.returning.score("ann") == 1.0


def test_mailguns_signature_says_nothing_twice(exchange: Exchange) -> None:
    """A signature that was overheard is no good for another event, whether or not the first was our business."""
    overheard = json.loads(Mailgun().call(Bounce("somebody@example.org")).octets)
    assert exchange.post(Posted("mailgun", json.dumps(overheard).encode())).status_code == 200
    forged = {**json.loads(Mailgun().call(exchange.bounce()).octets), "signature": overheard["signature"]}
    assert exchange.post(Posted("mailgun", json.dumps(forged).encode())).status_code == FORBIDDEN
    assert exchange.returning.reports() == []
    assert KEPT > 2 * WINDOW, "it is remembered for longer than it is good"


def test_one_bounce_by_every_door_is_one_point(exchange: Exchange) -> None:
    """The same failure told by mail and by four operators, today and tomorrow, counts once."""
    full = {"status": "5.2.2", "said": "552 5.2.2 mailbox full"}
    for name in sorted(OPERATORS):
        assert exchange.post(OPERATORS[name].call(exchange.bounce(event=name, **full))).status_code == 200
    exchange.returning.bounce("ann", "5.2.2")
    assert (1.0, 6) == (exchange.returning.score("ann"), len(exchange.returning.reports()))
    exchange.scene.clock.pass_by(timedelta(days=1))
    tomorrow = NOON + timedelta(days=1)
    for name in ("ses", "mailgun", "sendgrid"):
        exchange.post(OPERATORS[name].call(exchange.bounce(event=f"{name} 2", **full), tomorrow))
    assert (1.0, 9) == (exchange.returning.score("ann"), len(exchange.returning.reports()))


@every_operator
def test_mail_of_others_is_not_ours(exchange: Exchange, name: str) -> None:
    """A stranger, or a reader who is told of with another message of the same account, changes nothing."""
    before = exchange.scene.everything()
    calls = [Bounce("stranger@example.org", message_id=exchange.message_id("ann"))]
    if name != "postmark":
        calls.append(
            Bounce("ann@example.org", message_id=f"<{exchange.returning.edition_id}.{'0' * 32}@paper.example>")
        )
        calls.append(Bounce("ann@example.org", message_id=exchange.message_id("bob")))
    for bounce in calls:
        answer = exchange.post(OPERATORS[name].call(bounce))
        assert {"reports": 1, "not_ours": 1} == answer.json()
    after = exchange.scene.everything()
    assert before == {**after, "hook_call": before["hook_call"]}


@pytest.mark.parametrize("name", ["ses", "mailgun"])
def test_an_envelope_sender_of_ours_is_enough(exchange: Exchange, name: str) -> None:
    """Where the relay tells our envelope sender, it names the delivery, whatever became of the Message-ID."""
    told = {"message_id": "<changed@relay.example>", "envelope_from": exchange.returning.address("bob")}
    assert exchange.post(OPERATORS[name].call(exchange.bounce("bob", **told))).json()["not_ours"] == 0
    assert [exchange.returning.edition_id] == [row["edition_id"] for row in exchange.returning.reports()]


@pytest.mark.parametrize("name", ["ses", "mailgun", "sendgrid"])
def test_a_letters_message_is_ours_too(exchange: Exchange, name: str) -> None:
    """A confirmation's Message-ID names no edition; its domain and its reader say whose it is."""
    told = exchange.bounce(message_id=f"<0.{'ab' * 16}@paper.example>")
    assert exchange.post(OPERATORS[name].call(told)).json()["not_ours"] == 0
    other = exchange.bounce("bob", message_id=f"<0.{'ab' * 16}@elsewhere.example>", event="2")
    assert exchange.post(OPERATORS[name].call(other)).json()["not_ours"] == 1


@pytest.mark.parametrize("setting", ["ses_topic", "mailgun_signing_key", "postmark_login", "sendgrid_public_key"])
def test_a_hook_without_its_setting_is_not_there(make_exchange: Callable[..., Exchange], setting: str) -> None:
    """Nothing is taken from an operator that nobody chose."""
    exchange = make_exchange(**{setting: ""})
    name = setting.partition("_")[0]
    assert exchange.post(OPERATORS[name].call(exchange.bounce())).status_code == GONE
    assert exchange.post(Posted("other", b"{}")).status_code == GONE
    assert exchange.scene.browser().get(f"/hooks/{name}").status_code == 405


def test_a_batch_is_taken_whole(exchange: Exchange) -> None:
    """Many events of many readers in one call, larger than any form of ours."""
    own_ids = {name: exchange.message_id(name) for name in ("ann", "bob")}
    events = [
        {
            "email": f"{name}@example.org",
            "event": "bounce",
            "status": "5.1.1",
            "reason": "550 5.1.1 gone " + "x" * 400,
            "sg_event_id": f"{name} {number}",
            "smtp-id": own_ids[name],
        }
        for number in range(100)
        for name in ("bob", "ann")
    ]
    call = SendGrid().post(events)
    assert len(call.octets) > 64 * 1024
    assert {"reports": 200, "not_ours": 0} == exchange.post(call).json()
    assert {"ann", "bob"} == set(exchange.returning.suppressed())
    assert exchange.post(Posted("sendgrid", b"x" * 1_100_000)).status_code == TOO_LARGE


@HOSTILE
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just("ann@example.org"),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["email", "event", "status", "reason", "smtp-id", "sg_event_id", "type"]), inner
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_is_signed_is_answered(exchange: Exchange, told: object) -> None:
    """Words in no order that anybody documents are taken or refused; nothing fails."""
    assert exchange.post(SendGrid().post(told)).status_code in {200, BAD}
    deep = Posted("mailgun", b"[" * 100_000)
    assert exchange.post(deep).status_code == BAD
