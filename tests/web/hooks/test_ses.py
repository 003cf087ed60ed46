"""SNS and SES: whose certificate is believed, and which question is answered."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Event

import pytest

from newsletter.errors import FetchError, SettingsError
from newsletter.web.hooks.hook import Call
from newsletter.web.hooks.ses import SesHook
from newsletter.web.hooks.sns import Certificates, UnreachableError
from tests.web.hooks.conftest import Exchange
from tests.web.hooks.operators import (
    CERTIFICATE,
    CONFIRM,
    NOON,
    TOPIC,
    YEAR,
    Amazon,
    Posted,
    certificate,
)

FORBIDDEN = 403
AGAIN = 503
QUESTION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "question-1",
    "TopicArn": TOPIC,
    "Message": "You have chosen to subscribe to the topic.",
    "Token": "2336412f37f",
    "SubscribeURL": CONFIRM,
}


def with_certificate(posted: Posted, url: str) -> Posted:
    """Return a call that names another certificate; nobody signs the name."""
    return Posted(posted.name, json.dumps({**json.loads(posted.octets), "SigningCertURL": url}).encode())


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_topics_question_is_answered(exchange: Exchange, version: str) -> None:
    """SNS asks once whether we want the topic; its address is visited once the signature is checked."""
    answer = exchange.post(Amazon(version).post(QUESTION))
    assert (200, {"reports": 0, "not_ours": 0}) == (answer.status_code, answer.json())
    assert [CERTIFICATE, CONFIRM] == exchange.internet.asked


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
        "https://sns.eu-west-1.amazonaws.com.evil.example/?Action=ConfirmSubscription",
        "https://sns.eu-west-1.amazonaws.com@evil.example/?Action=ConfirmSubscription",
        "https://evil.example/?Action=ConfirmSubscription",
        "https://169.254.169.254/?latest",
        "",
    ],
)
def test_no_other_address_is_visited(exchange: Exchange, url: str) -> None:
    """Even signed, a question leads to SNS alone."""
    assert exchange.post(Amazon().post({**QUESTION, "SubscribeURL": url})).status_code == FORBIDDEN
    assert [CERTIFICATE] == exchange.internet.asked


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE.replace("https", "http"),
        "https://evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
        "https://evil.example#sns.eu-west-1.amazonaws.com/x.pem",
        "https://s3.amazonaws.com/sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com/../x.pem?y",
        f"{CERTIFICATE}\n",
        "",
    ],
)
def test_no_other_certificate_is_fetched(exchange: Exchange, url: str) -> None:
    """A certificate counts only from SNS's own hosts; the others are not even asked."""
    assert exchange.post(with_certificate(Amazon().call(exchange.bounce()), url)).status_code == FORBIDDEN
    assert exchange.internet.asked == []


def test_a_certificate_is_fetched_once(exchange: Exchange) -> None:
    """Later calls are checked with the one that is known."""
    for number in range(3):
        assert exchange.post(Amazon().call(exchange.bounce(event=str(number)))).status_code == 200
    assert [CERTIFICATE] == exchange.internet.asked


@pytest.mark.parametrize("off", [-2 * YEAR, 2 * YEAR])
def test_a_certificate_out_of_force_is_refused(exchange: Exchange, off: timedelta) -> None:
    """One that is over, or to come, vouches for nothing."""
    exchange.internet.pages[CERTIFICATE] = certificate(NOON + off)
    assert exchange.post(Amazon().call(exchange.bounce())).status_code == FORBIDDEN


@pytest.mark.parametrize(("page", "status"), [(b"no certificate", FORBIDDEN), (None, AGAIN)])
def test_without_a_certificate_nothing_is_believed(exchange: Exchange, page: bytes | None, status: int) -> None:
    """Where none is, the call is refused; where it cannot be fetched, SNS is to call again."""
    exchange.internet.pages.pop(CERTIFICATE)
    if page is not None:
        exchange.internet.pages[CERTIFICATE] = page
    assert status == exchange.post(Amazon().call(exchange.bounce())).status_code
    assert exchange.returning.reports() == []


def test_strangers_cannot_have_us_fetch_without_end(exchange: Exchange) -> None:
    """Ten certificates a minute are asked for at the most, whoever calls."""
    call = Amazon().call(exchange.bounce())
    for number in range(30):
        exchange.post(with_certificate(call, CERTIFICATE.replace("Simple", f"Simple{number}")))
    assert len(exchange.internet.asked) == 10
    exchange.scene.clock.pass_by(timedelta(minutes=1))
    assert exchange.post(call).status_code == 200


@pytest.mark.parametrize("changed", [{"TopicArn": f"{TOPIC}2"}, {"Type": "Other"}, {"SignatureVersion": "3"}])
def test_other_topics_and_kinds_are_refused(exchange: Exchange, changed: dict[str, str]) -> None:
    """What is not of our topic, or of no documented kind, is not looked at."""
    told = {**json.loads(Amazon().call(exchange.bounce()).octets), **changed}
    assert exchange.post(Posted("ses", json.dumps(told).encode())).status_code == FORBIDDEN
    assert exchange.returning.reports() == []


def test_a_subject_is_signed_where_there_is_one(exchange: Exchange) -> None:
    """SNS leaves the field out of what it signs where a message has none."""
    message = json.loads(Amazon().call(exchange.bounce()).octets)["Message"]
    posted = Amazon().post(Amazon().envelope(message, Subject="Amazon SES Email Event Notification"))
    assert exchange.post(posted).json() == {"reports": 1, "not_ours": 0}
    changed = {**json.loads(posted.octets), "Subject": "Another", "MessageId": "event-1"}
    assert exchange.post(Posted("ses", json.dumps(changed).encode())).status_code == FORBIDDEN


@pytest.mark.parametrize("message", ["no JSON", "[]", "{}", '{"notificationType": 7}'])
def test_what_is_no_notification_of_ses_is_said(exchange: Exchange, message: str) -> None:
    """A topic that others write to as well is a mistake that shows in the answer."""
    assert exchange.post(Amazon().post(Amazon().envelope(message))).status_code == 400


def test_deliveries_are_none_of_our_business(exchange: Exchange) -> None:
    """A configuration set may tell more than we want to know."""
    answer = exchange.post(Amazon().post(Amazon().envelope('{"eventType": "Delivery", "mail": {}}')))
    assert (200, {"reports": 0, "not_ours": 0}) == (answer.status_code, answer.json())


@pytest.mark.parametrize("topic", ["bounces", "arn:aws:sns:eu-west-1:1:bounces", f"{TOPIC} "])
def test_a_topic_that_is_none_is_said_at_the_start(make_exchange: Callable[..., Exchange], topic: str) -> None:
    """A slip in the setting ends the start with a sentence."""
    with pytest.raises(SettingsError, match="SES_TOPIC"):
        make_exchange(ses_topic=topic)


def test_the_string_to_sign_is_as_documented() -> None:
    """The fields in their order, names and values on lines of their own: the guide's example, signed by us."""
    call = Amazon("1").post({**QUESTION, "SubscribeURL": CONFIRM})
    pages = {CERTIFICATE: certificate(), CONFIRM: b""}
    hook = SesHook(TOPIC, Certificates(pages.__getitem__), pages.__getitem__)
    assert list(hook.hear(Call({}, call.octets), NOON).reports) == []


def test_a_certificate_that_is_known_waits_for_no_fetch() -> None:
    """Whoever has us fetch from a host that does not answer keeps nobody else's reports waiting."""
    is_asked, may_answer = Event(), Event()

    def fetch(url: str) -> bytes:
        if url == CERTIFICATE:
            return certificate()
        is_asked.set()
        may_answer.wait()
        raise FetchError("Nobody answers.")

    certificates = Certificates(fetch)
    known = certificates.key_of(CERTIFICATE, NOON)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(certificates.key_of, CERTIFICATE.replace(".pem", "2.pem"), NOON)
        is_asked.wait()
        again = pool.submit(certificates.key_of, CERTIFICATE, NOON)
        wait([again], 20)
        is_free = again.done()
        may_answer.set()
        assert (True, known.public_numbers()) == (is_free, again.result().public_numbers())
        with pytest.raises(UnreachableError):
            slow.result()
