"""Sent once, as an update once more, and corrections told once."""

import sqlalchemy as sa

from newsletter.edition.choosing import marks
from newsletter.edition.choosing.corrections import MOST_TOLD, amendments_of, untold_corrections
from newsletter.edition.choosing.memory import forget_articles, remember_articles
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_content, get_edition
from newsletter.edition.tables import sent_article
from newsletter.gather.memory.substance import lead_of
from tests.edition.editing import HOUR, MINUTE, Editing
from tests.publication.newsroom import an_article

SUMMARY = "Two people were hurt when the bridge fell."


def sent(editing: Editing, number: int) -> sa.Row[tuple[object, ...]]:
    query = sa.select(sent_article).where(sent_article.c.article_id == editing.id_of(number))
    return editing.connection.execute(query).one()


def test_what_was_sent_is_kept_as_it_read(editing: Editing) -> None:
    """Headline, lead and a sketch of the body are what a later change is measured against."""
    editing.lists(1, 2, 3)
    editing.change(1, summary=SUMMARY, body="One two three four five six.")
    editing.send()
    row = sent(editing, 1)
    assert ("Headline1", lead_of(SUMMARY)) == (row.title, row.lead)
    assert (2, 0) == (len(row.shingles), len(sent(editing, 2).shingles))


def a_change(editing: Editing, number: int = 1, hours: int = 20) -> None:
    """Let an article be sent, and change in substance so long after."""
    editing.lists(1, 2, 3, 4)
    editing.change(1, summary=SUMMARY)
    editing.change(2, summary="A play opened on Friday.")
    editing.send()
    editing.wait(hours=hours)
    editing.change(number, summary="Nine people were hurt when the bridge fell in Leeds.", updated_at=editing.now)


def test_an_update_comes_once_more(editing: Editing) -> None:
    """An article that changed in substance ranks again, labelled, once and never again."""
    editing.set(min_articles=1)
    a_change(editing)
    editing.wait(hours=4)
    editing.lists(5, votes=0)
    editing.change(1, votes=90)
    second = editing.send()
    (update,) = [each for each in editing.articles(second) if each.is_update]
    assert editing.id_of(1) == update.article_id
    content = get_content(editing.connection, second)
    assert "UPDATED" in content.text
    assert ">Updated" in content.html
    assert second == sent(editing, 1).update_edition_id
    editing.wait(hours=20)
    editing.change(1, summary="Thirty people were hurt in Paris.", updated_at=editing.now)
    editing.lists(6)
    assert ["Headline6"] == editing.titles()


def test_a_low_update_stays_out(editing: Editing) -> None:
    """By the rule alone only the upper half of a day's articles comes once more."""
    a_change(editing)
    editing.change(1, votes=1)
    for number in (5, 6, 7):
        editing.lists(number, source=f"paper{number}", votes=50)
    assert "Headline1" not in editing.titles()
    reason = editing.choose().decision.left_out[editing.id_of(1)]
    assert "it changed, but is not in the upper half of today's" == reason


def test_a_small_or_early_change_is_no_update(editing: Editing) -> None:
    """New words without a new fact, or a change within six hours of the sending, bring nothing back."""
    a_change(editing, hours=5)
    assert [] == editing.titles()
    editing.change(2, summary="On Friday a play opened.", updated_at=editing.now + 9 * HOUR)
    editing.wait(hours=10)
    assert [] == editing.titles()


def test_a_site_that_touches_everything_is_not_believed(editing: Editing) -> None:
    """Where most of a source's articles have a new date and the old text, its dates say nothing."""
    a_change(editing)
    for number in (2, 3, 4):
        editing.change(number, updated_at=editing.now)
    assert [] == editing.titles()
    editing.mark(marks.allow_update, 1)
    assert ["Headline1"] == editing.titles()


def test_an_editor_may_send_again(editing: Editing) -> None:
    """Without any change in the text, an editor's word lets an article come once more, and once only."""
    editing.set(min_articles=1)
    editing.lists(1, 2, 3)
    editing.send()
    editing.wait(days=1)
    editing.mark(marks.allow_update, 2)
    assert ["Headline2"] == editing.titles()
    editing.send()
    editing.wait(days=1)
    assert [] == editing.titles()


def test_an_update_is_sent_by_one_edition(editing: Editing) -> None:
    """Of two editions made with one update the second must be made anew; taken back, it may come again."""
    editing.set(min_articles=1)
    a_change(editing)
    editing.mark(marks.allow_update, 1)
    one = editing.make()
    other = editing.make(source_ids=(1,))
    first, second = (get_edition(editing.connection, each) for each in (one, other))
    assert remember_articles(editing.connection, first, editing.now)
    assert not remember_articles(editing.connection, second, editing.now)
    assert one == sent(editing, 1).update_edition_id
    forget_articles(editing.connection, first)
    assert sent(editing, 1).update_edition_id is None


def correct(editing: Editing, number: int, text: str = "The bridge is in Leeds.") -> None:
    editing.change(number, correction=text, corrected_at=editing.now)


def test_a_correction_is_told_once(editing: Editing) -> None:
    """The next edition says what was wrong in an earlier one; the one after that does not."""
    editing.lists(1, 2, 3)
    first = editing.send()
    editing.wait(hours=20)
    correct(editing, 2)
    editing.wait(hours=4)
    editing.lists(4, 5, 6)
    second = editing.send()
    content = get_content(editing.connection, second)
    assert "CORRECTIONS" in content.text
    assert "Headline2: The bridge is in Leeds." in content.text
    assert "The bridge is in Leeds." in content.html
    assert () == untold_corrections(editing.connection, editing.newsletter.id)
    (amendment,) = amendments_of(editing.connection, first)
    assert ("Headline2", "The bridge is in Leeds.") == (amendment.title, amendment.correction)
    assert [] == amendments_of(editing.connection, second)
    editing.wait(hours=1)
    correct(editing, 2, "The bridge is in York.")
    (again,) = untold_corrections(editing.connection, editing.newsletter.id)
    assert "The bridge is in York." == again.text


def test_what_was_right_when_it_was_sent_is_no_correction(editing: Editing) -> None:
    """A correction that readers had read already, and one of an article they never had, are not told."""
    editing.lists(1, 2, 3)
    correct(editing, 1)
    editing.wait(minutes=1)
    editing.send()
    editing.lists(4)
    correct(editing, 4)
    assert () == untold_corrections(editing.connection, editing.newsletter.id)


def test_an_edition_that_is_not_sent_told_nothing(editing: Editing) -> None:
    """A correction frozen into an edition that nobody gets is told by the next."""
    editing.lists(1, 2, 3)
    editing.send()
    editing.wait(hours=20)
    correct(editing, 1)
    editing.lists(4, 5, 6)
    edition_id = editing.make(source_ids=(1,))
    assert EditionState.READY is editing.state(edition_id)
    assert 1 == len(untold_corrections(editing.connection, editing.newsletter.id))


def test_many_corrections_wait_for_the_next_edition(editing: Editing) -> None:
    """No edition is a list of errors."""
    numbers = range(1, MOST_TOLD + 3)
    editing.set(max_per_source=9)
    editing.lists(*numbers)
    editing.send()
    editing.wait(hours=1)
    for number in numbers:
        correct(editing, number)
    assert MOST_TOLD == len(untold_corrections(editing.connection, editing.newsletter.id))


def test_what_was_linked_beside_is_sent_too(editing: Editing) -> None:
    """Yesterday's readers were led to the other paper's article: it is not today's news to them."""
    editing.lists(1, 2, 3)
    twin = an_article(9, title="Headline1", published_at=editing.now - HOUR)
    editing.lists_of([twin], source="region")
    editing.send()
    beside = [each for row in editing.articles(1) for each in row.also_in]
    assert beside
    assert set(beside) <= {editing.id_of(1), editing.id_of(9)}
    editing.wait(days=1)
    editing.lists(4, 5, 6)
    assert ["Headline4", "Headline5", "Headline6"] == sorted(editing.titles())


def test_three_articles_on_one_event_are_no_edition(editing: Editing) -> None:
    """An edition needs three stories, and not one story three times."""
    for number, source in enumerate(("paper", "region", "radio"), start=1):
        same = an_article(
            number, title="Cranes return to the bay", published_at=editing.now - HOUR - number * MINUTE
        )
        editing.lists_of([same], source=source)
    assert EditionState.SKIPPED is editing.state(editing.make())
