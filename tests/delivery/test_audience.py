"""Whom an edition is for: how often readers want to be mailed, and which sections."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.delivery.audience import (
    count_audience,
    count_breaking_readers,
    has_weekly_readers,
    section_wishes,
)
from newsletter.delivery.plan import wish_for
from newsletter.delivery.start import extend_audience
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.edition.states import EditionState
from newsletter.edition.store import Wish
from newsletter.edition.tables import EditionKind, edition_article, edition_content
from newsletter.edition.tables import edition as edition_table
from newsletter.insight.figures import count_exclusions, count_newcomers
from newsletter.publication.newsletters import change_newsletter
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import Frequency, SuppressionReason, subscription
from tests.delivery.mail import mailed, memory, parse
from tests.delivery.press import NOW, TODAY, Press

CHOICES = {"ann": [], "bo": ["Sport"], "cy": ["Arts", "Sport"], "dee": ["World"], "eve": ["Sport", "World"]}
"""Sections that readers chose; the edition has two on sport, one on politics, and one of no section."""


def choose(press: Press, subscription_id: int, **wishes: Any) -> None:
    """Note what a reader wants."""
    with press.database.transaction() as connection:
        connection.execute(sa.update(subscription).where(subscription.c.id == subscription_id).values(**wishes))


def set_(press: Press, **settings: str) -> None:
    with press.database.transaction() as connection:
        change_newsletter(connection, press.newsletter.slug, settings)


def make_kind(press: Press, kind: EditionKind, days: int = 0) -> int:
    """Return an edition of a kind, ready."""
    edition_id = press.make_ready([], on=TODAY + timedelta(days=days))
    with press.database.transaction() as connection:
        connection.execute(sa.update(edition_table).where(edition_table.c.id == edition_id).values(kind=kind))
    return edition_id


def audience(press: Press, edition_id: int) -> list[int]:
    return [row.subscription_id for row in press.rows(edition_id)]


def test_each_kind_has_its_readers(press: Press) -> None:
    """Nobody is in the audience of both, and who is outside is not left out with a reason."""
    ann, bo, cy = press.add_readers("ann", "bo", "cy")
    choose(press, bo, frequency=Frequency.WEEKLY)
    choose(press, cy, breaking=True)
    for days, (kind, expected) in enumerate(
        [(EditionKind.DIGEST, [ann, cy]), (EditionKind.WEEKLY, [bo]), (EditionKind.BREAKING, [cy])]
    ):
        edition_id = make_kind(press, kind, days)
        with press.database.transaction() as connection:
            assert len(expected) == count_audience(connection, press.edition(edition_id))
        assert EditionState.SENDING is press.start(edition_id)
        assert expected == audience(press, edition_id)
        with press.database.transaction() as connection:
            assert {} == count_exclusions(connection, edition_id)
            assert 0 == count_newcomers(connection, press.edition(edition_id))
            assert 0 == extend_audience(connection, edition_id, None, NOW)


def test_without_a_weekly_edition_nobody_is_forgotten(press: Press) -> None:
    """Switched off, those who read it get each digest."""
    ann, bo = press.add_readers("ann", "bo")
    choose(press, bo, frequency=Frequency.WEEKLY)
    set_(press, weekly_day="")
    edition_id = press.make_ready([])
    press.start(edition_id)
    assert [ann, bo] == audience(press, edition_id)


def test_who_is_named_is_asked_nothing_else(press: Press) -> None:
    """A reader of the weekly who asks for today's digest gets it, and so does one that an operator names."""
    press.add_readers("ann")
    (bo,) = press.add_readers("bo")
    choose(press, bo, frequency=Frequency.WEEKLY)
    edition_id = press.make_ready([])
    press.start(edition_id)
    with press.database.transaction() as connection:
        assert 1 == extend_audience(connection, edition_id, [bo], NOW)
    named = press.make_ready([], on=TODAY + timedelta(days=1), subscription_ids=(bo,))
    press.start(named)
    assert [bo] == audience(press, named)


def test_who_reads_what_is_counted(press: Press) -> None:
    """Only the active, of this newsletter."""
    _, bo, cy = press.add_readers("ann", "bo", "cy")
    for each in (bo, cy):
        choose(press, each, frequency=Frequency.WEEKLY, breaking=True)
    number = press.newsletter.id
    with press.database.transaction() as connection:
        assert (2, True) == (count_breaking_readers(connection, number), has_weekly_readers(connection, number))
        assert (0, False) == (count_breaking_readers(connection, 99), has_weekly_readers(connection, 99))
    for each in (bo, cy):
        press.unsubscribe(each)
    with press.database.transaction() as connection:
        assert (0, False) == (count_breaking_readers(connection, number), has_weekly_readers(connection, number))


@pytest.fixture
def parted(press: Press) -> int:
    """Give an edition in two languages, ready, with a content for sport in both; and readers who chose."""
    ids = dict(zip(CHOICES, press.add_readers(*CHOICES), strict=True))
    for name, sections in CHOICES.items():
        choose(press, ids[name], sections=sections, language="ar" if name == "cy" else "")
    edition_id = press.make_ready(press.put_articles("one", "two", "three", "four"), languages=("en", "ar"))
    filed = sa.case({1: "Sport", 2: "sport", 3: "Politics"}, value=edition_article.c.place, else_="")
    names = ("edition_id", "language", "preheader", "html", "marker")
    changed = (sa.literal("Sport"), sa.literal("Sport only"), edition_content.c.place + 2)
    copied = sa.select(
        *(edition_content.c[name] for name in names), *changed, "Sport only. " + edition_content.c.text
    )
    with press.database.transaction() as connection:
        connection.execute(sa.update(edition_article).values(section=filed))
        columns = [*names, "sections", "subject", "place", "text"]
        connection.execute(sa.insert(edition_content).from_select(columns, copied))
    return edition_id


def wishes(press: Press, edition_id: int) -> list[tuple[int, str, str]]:
    return [(row.subscription_id, row.language, row.sections) for row in press.rows(edition_id)]


def test_each_reader_gets_their_sections(press: Press, parted: int) -> None:
    """In their language; who chose none gets everything, and to whom nothing is left has a reason."""
    press.start(parted)
    assert [(1, "", ""), (2, "", "Sport"), (3, "ar", "Sport"), (5, "", "Sport")] == wishes(press, parted)
    with press.database.transaction() as connection:
        assert {"no section": 1} == count_exclusions(connection, parted)
    press.submit(parted)
    sent = {each.envelope_to[:2]: parse(each.content) for each in memory(press).submitted}
    assert ["an", "bo", "cy", "ev"] == sorted(sent)
    for name, message in sent.items():
        assert ("Sport only" == message["Subject"]) is (name != "an")
        assert ("ar" if name == "cy" else "en") == message["Content-Language"]
    assert {DeliveryState.ACCEPTED: 4} == press.counts(parted)


def test_a_second_submission_is_the_same_message(press: Press, parted: int) -> None:
    """What was frozen is what is sent, also once its reader chose again, and to the byte."""
    press.start(parted)
    press.submit(parted)
    first = [each.content for each in memory(press).submitted]
    press.change(delivery.c.edition_id == parted, state=DeliveryState.PENDING)
    with press.database.transaction() as connection:
        connection.execute(sa.update(batch).values(due_at=sa.func.now()))
        connection.execute(sa.update(subscription).values(sections=["World"], language=""))
    press.submit(parted)
    assert [*first, *first] == [each.content for each in memory(press).submitted]


def test_a_choice_without_a_content_is_the_whole_edition(press: Press, parted: int) -> None:
    """Made after the edition was, or beyond what there is room for."""
    choose(press, 2, sections=["Politics"])
    press.start(parted)
    assert (2, "", "") in wishes(press, parted)


@pytest.mark.parametrize(
    ("wishes", "reason"),
    [
        (
            {"sections": ["Arts"]},
            "All 2 readers it is for are suppressed, or chose sections that it has nothing of.",
        ),
        ({"frequency": Frequency.WEEKLY}, "No active reader is one whom a digest edition is for."),
    ],
)
def test_why_nobody_gets_it(press: Press, wishes: dict[str, Any], reason: str) -> None:
    """That readers want something else is another thing to know than that there is none."""
    for each in press.add_readers("ann", "bo"):
        choose(press, each, **wishes)
    edition_id = press.make_ready(press.put_articles("one"))
    assert EditionState.SKIPPED is press.start(edition_id)
    assert reason == press.edition(edition_id).reason


def test_who_joins_late_is_counted_once(press: Press, parted: int) -> None:
    """Planned or left out, and never both, whatever a reader chose between an edition's start and its next."""
    press.start(parted)
    press.submit(parted)
    choose(press, 4, sections=[])
    choose(press, 5, sections=["World"])
    with press.database.transaction() as connection:
        suppress(connection, "bo@example.org", SuppressionReason.MANUAL, "asked", NOW)
        assert 1 == extend_audience(connection, parted, None, NOW)
        assert {} == count_exclusions(connection, parted)
    assert [1, 2, 3, 4, 5] == sorted(audience(press, parted))


@pytest.mark.parametrize("why", ["the newsletter offers none", "named readers", "breaking news"])
def test_sections_are_not_asked(press: Press, parted: int, why: str) -> None:
    """Everything goes to all where sections are switched off, to who is named, and of what cannot wait."""
    with press.database.transaction() as connection:
        if why == "the newsletter offers none":
            change_newsletter(connection, press.newsletter.slug, {"reader_sections": "no"})
        elif why == "named readers":
            connection.execute(sa.update(edition_table).values(subscription_ids=[1, 2, 3, 4, 5]))
        else:
            connection.execute(sa.update(edition_table).values(kind=EditionKind.BREAKING, subscription_ids=[]))
            connection.execute(sa.update(subscription).values(breaking=True))
    edition = press.edition(parted)
    with press.database.transaction() as connection:
        assert [] == section_wishes(connection, edition)
    press.start(parted)
    assert [""] * 5 == [sections for _, _, sections in wishes(press, parted)]


def test_who_asks_for_it_gets_all_of_it(press: Press, parted: int) -> None:
    """A reader with nothing of their sections in it, who asks for today's edition all the same."""
    press.start(parted)
    with press.database.transaction() as connection:
        assert 1 == extend_audience(connection, parted, [4], NOW)
    assert (4, "", "") in wishes(press, parted)


def test_choices_are_counted(press: Press, parted: int) -> None:
    """Of the active alone, whatever else they are of."""
    press.unsubscribe(2)
    choose(press, 5, frequency=Frequency.WEEKLY)
    with press.database.transaction() as connection:
        assert [(("Arts", "Sport"), 1), (("World",), 1)] == sorted(
            section_wishes(connection, press.edition(parted))
        )


def test_nobody_is_left(press: Press, parted: int) -> None:
    """Where nothing of an edition is for anybody, it is skipped."""
    with press.database.transaction() as connection:
        connection.execute(sa.update(subscription).values(sections=["World"]))
    assert EditionState.SKIPPED is press.start(parted)
    assert [] == mailed(press)


def test_the_preview_knows_it_before(press: Press, parted: int) -> None:
    """What a reader would get, and what they got."""

    def known(number: int) -> Wish:
        with press.database.transaction() as connection:
            return wish_for(connection, press.edition(parted), number)

    expected = [Wish("", ""), Wish("", "Sport"), Wish("ar", "Sport"), Wish("", ""), Wish("", "Sport")]
    assert expected == [known(number) for number in range(1, 6)]
    press.start(parted)
    choose(press, 2, sections=[])
    assert Wish("", "Sport") == known(2)
