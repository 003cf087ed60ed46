"""The confirmation mail: owed until it is paid, mailed once, and free of anybody's own words."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.addressed import read_addressed
from newsletter.delivery.correspondence.confirmation import (
    MOST_ATTEMPTS,
    confirmation_queue,
    due_confirmations,
    submit_confirmation,
)
from newsletter.delivery.correspondence.debt import RETRY_AFTER
from newsletter.delivery.transport import MemoryTransport
from newsletter.edition.rendering.content import Stationery
from newsletter.errors import RelayError
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter
from newsletter.readers.sign_ups import SignUp
from newsletter.readers.subscribe import confirm, request_subscription
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import SubscriptionState, SuppressionReason, subscription
from newsletter.tokens import Purpose
from tests.delivery.mail import memory, over, parse, text_of
from tests.delivery.press import NOW, ORIGIN, Press
from tests.delivery.scripted_relay import CLOSE, ScriptedRelay
from tests.readers.asking import GATE, ask_for


@pytest.fixture
def stationery(templates: tuple[Path, ...]) -> Stationery:
    """Give the templates."""
    return Stationery(templates)


def ask(press: Press, address: str = "ann@example.org") -> int:
    """Return the subscription of a reader who asks for the newsletter."""
    with press.database.transaction() as connection:
        subscription_id = ask_for(connection, press.newsletter.id, address, ORIGIN, NOW)
    assert subscription_id is not None
    return subscription_id


def due(press: Press, minutes: float = 0) -> list[int]:
    """Return whose confirmations are owed after some minutes."""
    with press.database.transaction() as connection:
        return due_confirmations(connection, NOW + timedelta(minutes=minutes))


def attempts(press: Press) -> int:
    """Return how many attempts count against the only subscription."""
    with press.database.transaction() as connection:
        return int(connection.execute(sa.select(subscription.c.confirmation_attempts)).scalar_one())


def test_it_is_mailed_once(press: Press, stationery: Stationery) -> None:
    """A confirmation that the relay took is owed no more."""
    subscription_id = ask(press)
    assert [subscription_id] == due(press)
    assert submit_confirmation(press.post, stationery, subscription_id, NOW)
    assert [] == due(press, 60)
    assert not submit_confirmation(press.post, stationery, subscription_id, NOW + timedelta(hours=1))
    assert ["ann@example.org"] == [each.envelope_to for each in memory(press).submitted]


def test_its_link_confirms(press: Press, stationery: Stationery) -> None:
    """The link in both parts makes the subscription active; the mail is a machine's and no list's."""
    subscription_id = ask(press)
    submit_confirmation(press.post, stationery, subscription_id, NOW)
    message = parse(memory(press).submitted[0].content)
    assert "auto-generated" == message["Auto-Submitted"]
    assert message["List-Unsubscribe"] is None
    token = press.tokens.sign(Purpose.CONFIRM, subscription_id, NOW)
    for kind in ("plain", "html"):
        assert f"https://news.paper.example/confirm/{token}" in text_of(message, kind)
    with press.database.transaction() as connection:
        claim = press.tokens.read(token, Purpose.CONFIRM, NOW)
        assert subscription_id == confirm(connection, claim, ORIGIN, NOW).id


def test_nobody_else_writes_in_it(press: Press, stationery: Stationery) -> None:
    """The mail repeats nothing that was typed into the form but the address it goes to: it carries no spam."""
    ask(press, "buy.now.at.evil.example@example.org")
    submit_confirmation(press.post, stationery, 1, NOW)
    message = parse(memory(press).submitted[0].content)
    assert "evil" not in str(message["Subject"])
    for kind in ("plain", "html"):
        assert "evil" not in text_of(message, kind)


def test_two_tasks_at_once(press: Press, stationery: Stationery) -> None:
    """However many tasks hear the bell, one of them mails it."""
    subscription_id = ask(press)
    together = threading.Barrier(4)

    def task() -> bool:
        together.wait()
        return submit_confirmation(press.post, stationery, subscription_id, NOW)

    with ThreadPoolExecutor(4) as pool:
        results = [future.result() for future in [pool.submit(task) for _ in range(4)]]
    assert [False, False, False, True] == sorted(results)
    assert 1 == len(memory(press).submitted)


def test_a_deferred_confirmation_is_tried_again(press: Press, stationery: Stationery) -> None:
    """After a refusal for now it is owed again in some minutes, under the same Message-ID, five times in all."""
    subscription_id = ask(press)
    memory(press).answer = lambda _: (451, "4.3.0 later")
    for attempt in range(MOST_ATTEMPTS + 3):
        at = NOW + attempt * RETRY_AFTER
        assert not submit_confirmation(press.post, stationery, subscription_id, at)
        assert [] == due(press, (at - NOW) / timedelta(minutes=1))
    assert MOST_ATTEMPTS == len(memory(press).submitted)
    assert [] == due(press, 10_000)
    assert 1 == len({parse(each.content)["Message-ID"] for each in memory(press).submitted})


def test_a_refused_confirmation_is_not_owed(press: Press, stationery: Stationery) -> None:
    """An address that the relay refuses for good is not tried again."""
    subscription_id = ask(press)
    memory(press).answer = lambda _: (550, "5.1.1 who?")
    assert not submit_confirmation(press.post, stationery, subscription_id, NOW)
    assert [] == due(press, 10_000)


@pytest.mark.parametrize("end", ["confirmed", "left", "erased"])
def test_what_changed_meanwhile(press: Press, stationery: Stationery, end: str) -> None:
    """A reader who confirmed, left or was erased before the bell was heard gets nothing."""
    subscription_id = ask(press)
    with press.database.transaction() as connection:
        if end == "erased":
            connection.execute(sa.delete(subscription))
        else:
            state = SubscriptionState.ACTIVE if end == "confirmed" else SubscriptionState.UNSUBSCRIBED
            connection.execute(sa.update(subscription).values(state=state))
    assert not submit_confirmation(press.post, stationery, subscription_id, NOW)
    assert [] == memory(press).submitted
    assert [] == due(press, 10_000)


def test_a_relay_that_is_down_costs_no_attempt(press: Press, stationery: Stationery) -> None:
    """However long the relay is away, the confirmation goes out when it is back."""
    subscription_id = ask(press)
    with ScriptedRelay(lambda moment: CLOSE if moment.step == "banner" else None) as relay:
        press.transport = over(relay)
        for attempt in range(MOST_ATTEMPTS + 2):
            with pytest.raises(RelayError):
                submit_confirmation(press.post, stationery, subscription_id, NOW + attempt * RETRY_AFTER)
        assert 0 == attempts(press)
        relay.decide = lambda _: None
        assert submit_confirmation(press.post, stationery, subscription_id, NOW + timedelta(hours=1))
        press.transport.close()
    assert ["ann@example.org"] == relay.recipients()


def test_each_request_has_its_own_message(press: Press, stationery: Stationery) -> None:
    """Asked for again days later, the confirmation is another message, not a copy that a program may drop."""
    subscription_id = ask(press)
    submit_confirmation(press.post, stationery, subscription_id, NOW)
    later = NOW + timedelta(days=2)
    with press.database.transaction() as connection:
        ask_for(connection, press.newsletter.id, "ann@example.org", ORIGIN, later)
    press.transport = MemoryTransport(submitted=memory(press).submitted)
    assert submit_confirmation(press.post, stationery, subscription_id, later)
    assert 2 == len({parse(each.content)["Message-ID"] for each in memory(press).submitted})


def test_one_mail_names_all_that_was_asked_for(press: Press, stationery: Stationery) -> None:
    """Of several newsletters there is one mail, in the name of the first, with a line for each in both parts."""
    chosen = NewsletterSettings("evening", "The Evening", "P", "evening@paper.example")
    with press.database.transaction() as connection:
        evening = add_newsletter(connection, chosen)
        ids = (evening.id, press.newsletter.id)
        subscription_id = ask_for(connection, ids, "ann@example.org", ORIGIN, NOW)
    assert subscription_id is not None
    assert [subscription_id] == due(press)
    assert submit_confirmation(press.post, stationery, subscription_id, NOW)
    assert [] == due(press, 60)
    (submitted,) = memory(press).submitted
    message = parse(submitted.content)
    assert "evening@paper.example" in message["From"]
    assert "Please confirm your subscriptions" == message["Subject"]
    for kind in ("plain", "html"):
        assert all(name in text_of(message, kind) for name in ("The Evening", press.newsletter.name))


def test_an_answer_goes_where_it_confirms(press: Press, stationery: Stationery) -> None:
    """Where mail comes back to us, an answer reaches an address that is good for this subscription alone."""
    subscription_id = ask(press)
    domain = "a-rather-long-name-for-the-mail-that-comes-back.news.paper.example"
    post = replace(press.post, inbound_domain=domain)
    assert submit_confirmation(post, stationery, subscription_id, NOW)
    raw = memory(press).submitted[0].content
    (line,) = (each for each in raw.split(b"\r\n") if each.lower().startswith(b"reply-to:"))
    address = line.partition(b":")[2].strip().decode()
    assert address.startswith("confirm+")
    assert address.endswith(f"@{domain}")
    assert (subscription_id, NOW) == read_addressed(address, press.tokens, Purpose.CONFIRM, NOW)
    for kind in ("plain", "html"):
        assert "Or answer this mail" in text_of(parse(raw), kind)


def test_where_no_mail_comes_back_nobody_is_told_to_answer(press: Press, stationery: Stationery) -> None:
    """Without a domain of ours for mail, the link is the only way."""
    assert submit_confirmation(press.post, stationery, ask(press), NOW)
    message = parse(memory(press).submitted[0].content)
    assert message["Reply-To"] is None
    assert "Or answer this mail" not in text_of(message, "plain")


def test_who_may_not_be_mailed_any_more_is_not(press: Press, stationery: Stationery) -> None:
    """An address that is suppressed while its mail waits for room is not mailed."""
    subscription_id = ask(press)
    with press.database.transaction() as connection:
        suppress(connection, "ann@example.org", SuppressionReason.COMPLAINT, "", NOW)
    assert not submit_confirmation(press.post, stationery, subscription_id, NOW)
    assert [] == memory(press).submitted
    assert [] == due(press, 10_000)


def test_what_waits_for_room_is_counted(press: Press, stationery: Stationery) -> None:
    """The queue is what the gate put off, and not what a relay did."""
    gate = replace(GATE, per_hour=1)
    with press.database.transaction() as connection:
        assert (0, None) == ((queue := confirmation_queue(connection, NOW)).count, queue.until)
        for number in range(3):
            sign_up = SignUp(f"reader{number}@example.org", (press.newsletter.id,), ORIGIN)
            request_subscription(connection, gate, sign_up, NOW)
        queue = confirmation_queue(connection, NOW)
    assert (2, NOW + timedelta(hours=2)) == (queue.count, queue.until)
    assert [1] == due(press)
    assert not submit_confirmation(press.post, stationery, 2, NOW)
    assert submit_confirmation(press.post, stationery, 2, NOW + timedelta(hours=1))
