"""The welcome and the goodbye: mailed once, to whom they are true, in the reader's own language."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.addressed import read_addressed
from newsletter.delivery.correspondence.debt import RETRY_AFTER
from newsletter.delivery.correspondence.letters import MOST_ATTEMPTS, submit_letter
from newsletter.delivery.today import OLDEST
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.states import EditionState
from newsletter.edition.tables import edition
from newsletter.errors import RelayError
from newsletter.publication.newsletters import change_newsletter
from newsletter.readers.letters import due_letters, owe_letter
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import confirm, unsubscribe
from newsletter.readers.tables import LetterKind, owed_letter, subscription
from newsletter.tokens import Purpose
from tests.delivery.mail import mailed, memory, over, parse, text_of
from tests.delivery.press import NOW, ORIGIN, Press
from tests.delivery.scripted_relay import CLOSE, ScriptedRelay
from tests.readers.asking import ask_for

HOME = "https://news.paper.example"


@pytest.fixture
def stationery(templates: tuple[Path, ...]) -> Stationery:
    """Give the templates."""
    return Stationery(templates)


def join(press: Press, language: str = "", now: datetime = NOW) -> int:
    """Return the letter that a reader is owed who confirmed just now."""
    with press.database.transaction() as connection:
        ask_for(connection, press.newsletter.id, "ann@example.org", ORIGIN, now)
        row = sa.select(subscription.c.id).order_by(subscription.c.id.desc()).limit(1)
        reader_id = connection.execute(row).scalar_one()
        connection.execute(sa.update(subscription).where(subscription.c.id == reader_id).values(language=language))
        confirm(connection, (reader_id, now), ORIGIN, now)
    return due(press, now)[0]


def leave(press: Press, now: datetime = NOW) -> int:
    """Return the letter that the reader is owed who left by our page."""
    with press.database.transaction() as connection:
        reader_id = connection.execute(sa.select(sa.func.max(subscription.c.id))).scalar_one()
        unsubscribe(connection, reader_id, Origin("page"), now)
    return due(press, now)[-1]


def due(press: Press, now: datetime = NOW) -> list[int]:
    """Return the letters owed at a time."""
    with press.database.transaction() as connection:
        return due_letters(connection, now)


def set_to(press: Press, **settings: str) -> None:
    """Change settings of the newsletter."""
    with press.database.transaction() as connection:
        change_newsletter(connection, press.newsletter.slug, settings)


def the_mail(press: Press) -> tuple[dict[str, str], str, str]:
    """Return headers, text and HTML of the last mail."""
    message = parse(memory(press).submitted[-1].content)
    text = text_of(message, "plain").replace("\r\n", "\n")
    return dict(message.items()), text, text_of(message, "html")


def test_a_welcome_says_what_comes_and_how_to_leave(press: Press, stationery: Stationery) -> None:
    """Days and hour, when the first edition comes, preferences and the way out, in both parts."""
    letter_id = join(press)
    assert submit_letter(press.post, stationery, letter_id, NOW)
    headers, text, html = the_mail(press)
    assert "Welcome to The Daily" == headers["Subject"]
    reader_id = 1
    leaving = f"{HOME}/unsubscribe/{press.tokens.sign(Purpose.UNSUBSCRIBE, reader_id, NOW)}"
    choosing = f"{HOME}/preferences/{press.tokens.sign(Purpose.PREFERENCES, reader_id, NOW)}"
    for part in (text, html):
        assert "It comes every day at 7:00\u202fAM" in part.replace("\n", " ")
        assert "The first edition comes on Tuesday, March 3, 2026" in part.replace("\n", " ")
        assert leaving in part
        assert choosing in part
        assert "/today/" not in part
    assert (f"<{leaving}>", "List-Unsubscribe=One-Click", "The Daily <daily.paper.example>") == (
        headers["List-Unsubscribe"],
        headers["List-Unsubscribe-Post"],
        headers["List-Id"],
    )
    assert ("auto-generated", None) == (headers["Auto-Submitted"], headers.get("Precedence"))


def test_the_latest_edition_is_offered_at_once(press: Press, stationery: Stationery) -> None:
    """Its headline leads to the archive, a button sends it; who has it already is offered nothing."""
    edition_id = press.send("bo")
    press.submit(edition_id)
    letter_id = join(press)
    submit_letter(press.post, stationery, letter_id, NOW)
    _, text, html = the_mail(press)
    token = press.tokens.sign(Purpose.PREFERENCES, 2, NOW)
    for part in (text, html):
        assert "Harbour opens" in part
        assert f"{HOME}/archive/daily/2026-03-02" in part
        assert f"{HOME}/today/{token}" in part
        assert "The next edition comes on Tuesday, March 3, 2026" in part.replace("\n", " ")


def test_old_news_is_not_offered(press: Press, stationery: Stationery) -> None:
    """After a week without an edition there is none to send, and the next is not the first."""
    press.submit(press.send("bo"))
    later = NOW + OLDEST + timedelta(days=1)
    submit_letter(press.post, stationery, join(press, now=later), later)
    _, text, _ = the_mail(press)
    assert "/today/" not in text
    assert "The next edition comes on" in text


def test_an_edition_that_was_stopped_is_only_read(press: Press, stationery: Stationery) -> None:
    """A paused edition has no button that could not work."""
    press.send("bo")
    with press.database.transaction() as connection:
        connection.execute(sa.update(edition).values(state=EditionState.PAUSED))
    submit_letter(press.post, stationery, join(press), NOW)
    _, text, _ = the_mail(press)
    assert ("/archive/daily/2026-03-02" in text, "/today/" in text) == (True, False)


def test_a_letter_is_in_the_reader_s_language(press: Press, stationery: Stationery) -> None:
    """Dates, direction and the mark of the language; one that the newsletter gave up is written to in its own."""
    set_to(press, languages="ar")
    submit_letter(press.post, stationery, join(press, "ar"), NOW)
    headers, _, html = the_mail(press)
    assert "ar" == headers["Content-Language"]
    assert 'dir="rtl"' in html
    assert "3 مارس 2026" in html
    set_to(press, languages="")
    submit_letter(press.post, stationery, leave(press), NOW)
    headers, text, _ = the_mail(press)
    assert ("en", "You have left The Daily") == (headers["Content-Language"], headers["Subject"])
    assert "Nothing more comes." in text


def test_a_goodbye_leads_back(press: Press, stationery: Stationery) -> None:
    """It says that it worked, and where to subscribe again; it is no list mail, and asks for nothing."""
    join(press)
    submit_letter(press.post, stationery, leave(press), NOW)
    headers, text, html = the_mail(press)
    assert f"\n{HOME}/\n" in text
    assert f'href="{HOME}/"' in html
    assert "auto-generated" == headers["Auto-Submitted"]
    assert {"List-Unsubscribe", "List-Id", "Precedence"} & set(headers) == set()


def test_each_is_mailed_once(press: Press, stationery: Stationery) -> None:
    """What the relay took is owed no more, and what it refuses for good is not tried again."""
    letter_id = join(press)
    assert submit_letter(press.post, stationery, letter_id, NOW)
    assert not submit_letter(press.post, stationery, letter_id, NOW + timedelta(days=1))
    goodbye_id = leave(press)
    memory(press).answer = lambda _: (550, "5.1.1 who?")
    assert not submit_letter(press.post, stationery, goodbye_id, NOW)
    assert [] == due(press, NOW + timedelta(days=1))
    assert ["ann@example.org"] * 2 == mailed(press)


def test_tried_again_it_is_the_same_message(press: Press, stationery: Stationery) -> None:
    """Put off, it comes again under its Message-ID with the same words, so often and no more."""
    letter_id = join(press)
    memory(press).answer = lambda _: (451, "4.3.0 later")
    for attempt in range(MOST_ATTEMPTS + 2):
        submit_letter(press.post, stationery, letter_id, NOW + attempt * RETRY_AFTER)
    messages = [parse(each.content) for each in memory(press).submitted]
    assert MOST_ATTEMPTS == len(messages)
    assert 1 == len({(each["Message-ID"], text_of(each, "plain")) for each in messages})
    assert [] == due(press, NOW + timedelta(days=1))


def test_who_turned_round_is_not_written_to(press: Press, stationery: Stationery) -> None:
    """A welcome to who has left meanwhile would be a lie; so would one to who is erased."""
    letter_id = join(press)
    goodbye_id = leave(press)
    assert not submit_letter(press.post, stationery, letter_id, NOW)
    with press.database.transaction() as connection:
        connection.execute(sa.delete(subscription))
    assert not submit_letter(press.post, stationery, goodbye_id, NOW)
    assert [] == mailed(press)


def test_over_a_real_connection(press: Press, stationery: Stationery) -> None:
    """A relay that is away costs no try, however long; then the letter arrives whole."""
    letter_id = join(press)
    with ScriptedRelay(lambda moment: CLOSE if moment.step == "banner" else None) as relay:
        press.transport = over(relay)
        for attempt in range(MOST_ATTEMPTS + 1):
            with pytest.raises(RelayError):
                submit_letter(press.post, stationery, letter_id, NOW + attempt * RETRY_AFTER)
        relay.decide = lambda _: None
        assert submit_letter(press.post, stationery, letter_id, NOW + timedelta(hours=2))
        press.transport.close()
    assert ["ann@example.org"] == relay.recipients()
    with press.database.transaction() as connection:
        assert (None, 1) == tuple(
            connection.execute(sa.select(owed_letter.c.mail_due_at, owed_letter.c.mail_attempts)).one()
        )


def test_reports_come_back_by_the_subscription(press: Press, stationery: Stationery) -> None:
    """Where mail comes back to us, a welcome names its reader in the envelope and takes their mail to leave."""
    press.inbound_domain = "back.paper.example"
    assert submit_letter(press.post, stationery, join(press), NOW)
    sent = memory(press).submitted[-1]
    assert (1, NOW) == read_addressed(sent.envelope_from, press.tokens, Purpose.LETTER_BOUNCE, NOW)
    by_mail = str(parse(sent.content)["List-Unsubscribe"]).split(", ")[1]
    address = by_mail.removeprefix("<mailto:").removesuffix("?subject=unsubscribe>")
    assert (1, NOW) == read_addressed(address, press.tokens, Purpose.UNSUBSCRIBE, NOW)


def test_a_data_letter_has_a_link_for_an_hour(press: Press, stationery: Stationery) -> None:
    """From when it leaves, also where the relay was away; and no other link to anything of the reader's."""
    (reader_id,) = press.add_readers("ann")
    with press.database.transaction() as connection:
        owe_letter(connection, reader_id, LetterKind.DATA, NOW)
    (letter_id,) = due(press)
    later = NOW + timedelta(minutes=50)
    assert submit_letter(press.post, stationery, letter_id, later)
    headers, text, html = the_mail(press)
    link = f"{HOME}/data/{press.tokens.sign(Purpose.DATA, reader_id, later)}"
    assert ("Your data at The Daily", "ann@example.org") == (headers["Subject"], headers["To"])
    assert 1 == text.count(link)
    assert link in html
    assert "List-Unsubscribe" not in headers
    assert not submit_letter(press.post, stationery, letter_id, later)
