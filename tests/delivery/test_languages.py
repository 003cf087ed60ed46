"""An edition in several languages: each reader gets theirs, and a message once begun stays what it was."""

import re

import pytest
import sqlalchemy as sa

from newsletter.delivery.plan import wish_for
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.readers.tables import subscription
from tests.delivery.mail import memory, over, parse, text_of
from tests.delivery.press import WORDS, Press
from tests.delivery.scripted_relay import ScriptedRelay
from tests.delivery.smtp.test_session import greeted

READERS = {"ann": "", "bo": "ar", "cy": "fr", "dee": "en"}
"""What they chose; the edition is in English, the newsletter's own, and in Arabic."""

EXPECTED = {"ann": "en", "bo": "ar", "cy": "en", "dee": "en"}


def choose(press: Press, subscription_id: int, language: str) -> None:
    """Note what a reader wants."""
    wish = sa.update(subscription).where(subscription.c.id == subscription_id).values(language=language)
    with press.database.transaction() as connection:
        connection.execute(wish)


def make(press: Press) -> int:
    """Return an edition in two languages that is being sent to the readers."""
    for subscription_id, language in zip(press.add_readers(*READERS), READERS.values(), strict=True):
        choose(press, subscription_id, language)
    edition_id = press.make_ready([], languages=("en", "ar"))
    press.start(edition_id)
    return edition_id


def test_each_reader_gets_theirs(press: Press, relay: ScriptedRelay) -> None:
    """Subject, parts and Content-Language are of one language; sender, list and archive are the edition's."""
    edition_id = make(press)
    press.transport = over(relay)
    assert len(READERS) == press.submit(edition_id).settled
    press.transport.close()
    kept = {each.recipient.partition("@")[0]: parse(each.content) for each in relay.kept}
    for name, language in EXPECTED.items():
        message, (subject, leave) = kept[name], WORDS[language]
        assert (subject, language) == (message["Subject"], message["Content-Language"])
        assert f"{subject}. {leave}: https://" in text_of(message, "plain")
        assert f">{leave}</a>" in text_of(message, "html")
        assert "Content-Language" not in message.get_payload(0)
    for header in ("From", "List-Id", "List-Archive", "Date", "Feedback-ID"):
        assert 1 == len({message[header] for message in kept.values()}), header


def test_what_was_frozen_is_what_is_sent(press: Press) -> None:
    """A reader who chooses again while the edition is on its way gets the language of the frozen audience."""
    edition_id = make(press)
    for row in press.rows(edition_id):
        choose(press, row.subscription_id, "ar" if not row.language else "")
    press.submit(edition_id)
    sent = [parse(each.content)["Content-Language"] for each in memory(press).submitted]
    assert list(EXPECTED.values()) == sent
    assert ["", "ar", "", ""] == [row.language for row in press.rows(edition_id)]


def test_a_second_submission_is_the_same_message(press: Press) -> None:
    """Submitted again after a crash, and after another choice of its reader, it is the same to the byte."""
    edition_id = make(press)
    press.submit(edition_id)
    first = [each.content for each in memory(press).submitted]
    press.change(delivery.c.edition_id == edition_id, state=DeliveryState.PENDING)
    with press.database.transaction() as connection:
        connection.execute(sa.update(batch).values(due_at=sa.func.now()))
    for row in press.rows(edition_id):
        choose(press, row.subscription_id, "")
    press.submit(edition_id)
    assert [*first, *first] == [each.content for each in memory(press).submitted]
    assert len(READERS) == len({parse(content)["Message-ID"] for content in first})


def test_the_relay_is_told_the_largest_size(press: Press, relay: ScriptedRelay) -> None:
    """SIZE (RFC 1870) holds for the longest of the languages."""
    edition_id = make(press)
    relay.decide = greeted("250-scripted.example\r\n250 SIZE 1000000")
    press.transport = over(relay)
    press.submit(edition_id)
    press.transport.close()
    sizes = {int(size) for line in relay.heard for size in re.findall(r"^MAIL .* SIZE=(\d+)", line)}
    assert {max(copy.compiled.size for copy in press.copies(edition_id))} == sizes
    assert max(len(each.content) for each in relay.kept) <= min(sizes)


@pytest.mark.parametrize(("wish", "expected"), [("", ""), ("ar", "ar"), ("fr", ""), ("en", "")])
def test_the_language_is_known_before_it_is_sent(press: Press, wish: str, expected: str) -> None:
    """Which of the contents a reader would get follows what they want now; once frozen, what they got."""
    (ann,) = press.add_readers("ann")
    choose(press, ann, wish)
    edition_id = press.make_ready([], languages=("en", "ar"))
    edition = press.edition(edition_id)
    with press.database.transaction() as connection:
        assert (expected, "") == wish_for(connection, edition, ann)
        assert ("", "") == wish_for(connection, edition, 0), "a stranger"
    press.start(edition_id)
    choose(press, ann, "" if wish else "ar")
    with press.database.transaction() as connection:
        assert (expected, "") == wish_for(connection, edition, ann)
