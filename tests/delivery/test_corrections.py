"""A correction by mail: to those who were sent the story, once for what it says, through the one ledger."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.delivery.corrections import Corrections, mail_correction
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition import store
from newsletter.edition.assemble import Workshop
from newsletter.edition.choosing.corrections import untold_corrections
from newsletter.edition.correction import assemble_correction, write_correction
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.states import EditionState
from newsletter.edition.tables import edition as edition_table
from newsletter.edition.tables import edition_article, edition_content
from newsletter.publication.newsletters import change_newsletter
from newsletter.readers.tables import subscription
from tests.delivery.mail import mailed, memory, parse, text_of
from tests.delivery.press import NOW, TODAY, Press

LATER = NOW + timedelta(hours=1)
WRONG = "The harbour was closed for nine days, not ten."


@pytest.fixture
def workshop(templates: tuple[Path, ...]) -> Workshop:
    """Give what a correction is rendered with."""
    return Workshop(Stationery(templates), "https://news.paper.example")


@pytest.fixture
def sent(press: Press) -> int:
    """Give an article that went to ann, bo and cy; dee joined afterwards."""
    (article_id,) = press.put_articles("harbour")
    press.add_readers("ann", "bo", "cy")
    edition_id = press.make_ready([article_id])
    press.start(edition_id)
    press.submit(edition_id)
    press.add_readers("dee")
    memory(press).submitted.clear()
    return article_id


def ask(press: Press, article_id: int, text: str = WRONG, now: datetime = LATER) -> Corrections:
    """Correct an article and have it mailed."""
    with press.database.transaction() as connection:
        write_correction(connection, article_id, text, now)
        return mail_correction(connection, article_id, "test", now)


def begin(press: Press, workshop: Workshop, told: Corrections) -> int:
    """Return the correction's edition, being sent."""
    (bell,) = told.bells
    assert bell.id is not None
    with press.database.transaction() as connection:
        gather = (EditionState.PLANNED, EditionState.GATHERING)
        store.move(connection, bell.id, gather, gathering_at=LATER)
        assert EditionState.READY is assemble_correction(connection, bell.id, workshop, LATER)
    assert EditionState.SENDING is press.start(bell.id)
    return bell.id


@pytest.fixture
def correct(press: Press, workshop: Workshop) -> Callable[..., int]:
    """Give what corrects an article and mails it to the end."""

    def go(article_id: int, text: str = WRONG) -> int:
        edition_id = begin(press, workshop, ask(press, article_id, text))
        press.submit(edition_id)
        return edition_id

    return go


def test_it_goes_to_those_who_were_sent_the_story(press: Press, sent: int, correct: Callable[..., int]) -> None:
    """Nobody who joined since, nobody who left; it says what was wrong, of what, and how to leave."""
    press.unsubscribe(2)
    edition_id = correct(sent)
    assert ["ann@example.org", "cy@example.org"] == sorted(mailed(press))
    message = parse(memory(press).submitted[0].content)
    assert "Correction: Title" == message["Subject"]
    assert ":daily:correction:" in message["Feedback-ID"]
    assert "List-Unsubscribe=One-Click" == message["List-Unsubscribe-Post"]
    assert "/unsubscribe/" in message["List-Unsubscribe"]
    for kind in ("plain", "html"):
        part = text_of(message, kind)
        assert WRONG in part
        assert message["List-Unsubscribe"].strip("<>") in part
        assert message["To"] in part
    assert {DeliveryState.ACCEPTED: 2} == press.counts(edition_id)


def test_who_was_not_mailed_the_story_is_not_mailed_its_correction(
    press: Press, sent: int, correct: Callable[..., int]
) -> None:
    """A delivery that was refused, or of another article, is none of this one."""
    press.change(delivery.c.subscription_id == 1, state=DeliveryState.FAILED)
    (other,) = press.put_articles("tram")
    other_id = press.make_ready([other], on=TODAY + timedelta(days=1))
    press.start(other_id)
    press.submit(other_id)
    memory(press).submitted.clear()
    correct(sent)
    assert ["bo@example.org", "cy@example.org"] == sorted(mailed(press))


def test_who_chose_other_sections_is_told_of_nothing(press: Press, sent: int, correct: Callable[..., int]) -> None:
    """Of two readers who had a selection each, only the one whose had the story is told what was wrong in it."""
    press.change(delivery.c.subscription_id == 1, sections="Arts\nSPORT")
    press.change(delivery.c.subscription_id == 2, sections="World")
    names = [each.name for each in edition_content.c if each.name not in {"sections", "place"}]
    with press.database.transaction() as connection:
        connection.execute(sa.update(edition_article).values(section="Sport"))
        for place, sections in enumerate(("Arts\nSPORT", "World"), start=1):
            columns = [*(edition_content.c[each] for each in names), sa.literal(sections), sa.literal(place)]
            whole = sa.select(*columns).where(edition_content.c.place == 0)
            connection.execute(sa.insert(edition_content).from_select([*names, "sections", "place"], whole))
    correct(sent)
    assert ["ann@example.org", "cy@example.org"] == sorted(mailed(press))


def test_the_same_is_never_told_twice(press: Press, sent: int, correct: Callable[..., int]) -> None:
    """Asked again, in whatever spaces, nothing begins; another text is another correction, the same day too."""
    correct(sent)
    again = ask(press, sent, f"  {WRONG} ", LATER + timedelta(days=2))
    assert ((), ("daily/2026-03-02~correction-1",)) == (again.begun, again.told_before)
    assert ((), ()) == (ask(press, sent, "").begun, ask(press, sent, "").bells)
    with press.database.transaction() as connection:
        moved = sa.update(edition_table).values(due_at=NOW)
        connection.execute(moved)
    told = ask(press, sent, "Eight days, in truth.")
    assert ("daily/2026-03-02~correction-1-2",) == told.begun


def test_what_was_cancelled_midway_goes_on_where_it_was(press: Press, sent: int, workshop: Workshop) -> None:
    """Begun anew it is another edition, and whoever was mailed the first is not mailed the second."""
    edition_id = begin(press, workshop, ask(press, sent))
    memory(press).answer = lambda each: (250, "ok") if each.envelope_to.startswith("ann") else (451, "4.3.0 later")
    press.submit(edition_id)
    assert 1 == press.counts(edition_id)[DeliveryState.ACCEPTED]
    memory(press).submitted.clear()
    memory(press).answer = lambda _: (250, "ok")
    with press.database.transaction() as connection:
        control.cancel(connection, edition_id, "A slip.", LATER)
    press.submit(begin(press, workshop, ask(press, sent)))
    assert ["bo@example.org", "cy@example.org"] == sorted(mailed(press))


def test_a_newer_text_takes_the_place_of_what_is_on_its_way(press: Press, sent: int, workshop: Workshop) -> None:
    """What was told of the older stays told; nobody is mailed it any more, and each the newer once."""
    older = begin(press, workshop, ask(press, sent))
    memory(press).answer = lambda each: (250, "ok") if each.envelope_to.startswith("ann") else (451, "4.3.0 later")
    press.submit(older)
    memory(press).submitted.clear()
    memory(press).answer = lambda _: (250, "ok")
    newer = begin(press, workshop, ask(press, sent, "Eight days, in truth.", LATER + timedelta(minutes=5)))
    press.make_due(older)
    press.submit(older)
    assert [] == mailed(press)
    press.submit(newer)
    assert ["ann@example.org", "bo@example.org", "cy@example.org"] == sorted(mailed(press))
    with press.database.transaction() as connection:
        ended = store.get_edition(connection, older)
    assert (EditionState.CANCELLED, "A newer correction takes its place.") == (ended.state, ended.reason)


def test_one_that_did_not_start_does_not_tell_the_newer_text_as_well(
    press: Press, sent: int, workshop: Workshop
) -> None:
    """It would read the text anew when it is assembled, and say the same."""
    older = ask(press, sent).bells[0].id
    assert older is not None
    newer = begin(press, workshop, ask(press, sent, "Eight days, in truth.", LATER + timedelta(minutes=5)))
    press.submit(newer)
    assert 3 == len(mailed(press))
    with press.database.transaction() as connection:
        assert EditionState.CANCELLED is store.get_edition(connection, older).state


def test_of_two_who_ask_at_once_one_begins_it(press: Press, sent: int) -> None:
    """The article is locked meanwhile."""
    together = Barrier(3)

    def editor() -> int:
        together.wait()
        return len(ask(press, sent).begun)

    with ThreadPoolExecutor(3) as pool:
        begun = [future.result() for future in [pool.submit(editor) for _ in range(3)]]
    assert [0, 0, 1] == sorted(begun)


def test_it_can_be_stopped_like_any_edition(press: Press, sent: int, workshop: Workshop) -> None:
    """Paused, nothing more goes out; resumed, the rest does."""
    edition_id = begin(press, workshop, ask(press, sent))
    with press.database.transaction() as connection:
        control.pause(connection, edition_id, "Wait.")
    press.submit(edition_id)
    assert [] == mailed(press)
    with press.database.transaction() as connection:
        control.resume(connection, edition_id)
    press.submit(edition_id)
    assert 3 == len(mailed(press))


def test_the_next_edition_tells_it_all_the_same(press: Press, sent: int, correct: Callable[..., int]) -> None:
    """Whoever was not mailed it finds it there; the archive's list does not have it."""
    correct(sent)
    with press.database.transaction() as connection:
        assert [WRONG] == [each.text for each in untold_corrections(connection, press.newsletter.id)]
        listed = store.list_sent_editions(connection, press.newsletter.id)
    assert ["2026-03-02"] == [each.key for each in listed]


def test_each_reader_is_told_in_their_language(press: Press, sent: int, correct: Callable[..., int]) -> None:
    """The words around it are in the reader's language, the correction as it was written."""
    with press.database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": "ar"})
        connection.execute(sa.update(subscription).where(subscription.c.id == 2).values(language="ar"))
    correct(sent)
    told = {each.envelope_to: parse(each.content) for each in memory(press).submitted}
    assert 'dir="rtl"' in text_of(told["bo@example.org"], "html")
    assert 'dir="rtl"' not in text_of(told["ann@example.org"], "html")
    assert WRONG in text_of(told["bo@example.org"], "html")


def test_what_nobody_was_sent_is_corrected_quietly(press: Press) -> None:
    """Without an edition that had it there is nobody to tell."""
    (article_id,) = press.put_articles("tram")
    assert Corrections((), (), ()) == ask(press, article_id)


def test_a_bell_for_each_newsletter(press: Press, sent: int) -> None:
    """What it begins is advanced like any edition."""
    told = ask(press, sent)
    assert [TaskName.ADVANCE_EDITION] == [each.task for each in told.bells]
    assert Bell(TaskName.ADVANCE_EDITION, 2) == told.bells[0]
