"""What an edition would be: every rule that keeps an article in or out, from rows to places."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from newsletter.edition.choosing import marks
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition
from newsletter.edition.tables import taste
from newsletter.gather.article import Form, Genre
from newsletter.gather.tables import sighting, source
from tests.edition.editing import HOUR, Editing


def left_out(editing: Editing, number: int) -> str:
    return editing.choose().decision.left_out[editing.id_of(number)]


@pytest.mark.parametrize(
    ("reason", "facts"),
    [
        ("withdrawn: Made up.", {"withdrawn_why": "Made up."}),
        ("held: it came in with what looks like an import", {"is_held": True}),
        ("under embargo until 2026-03-02 13:00 UTC", {}),
        ("excluded: sponsored", {"form": Form.SPONSORED}),
        ("excluded: advertorial", {"section": "Advertorial"}),
    ],
)
def test_what_cannot_be_chosen_says_why(editing: Editing, reason: str, facts: dict[str, object]) -> None:
    """An article that a rule keeps out is no candidate, and the reason stands with the run."""
    editing.lists(1, 2)
    if "withdrawn_why" in facts:
        facts["withdrawn_at"] = editing.now
    editing.change(1, **(facts or {"embargo_ends_at": editing.now + HOUR}))
    assert ["Headline2"] == editing.titles()
    assert reason == left_out(editing, 1)


def test_an_embargo_ends(editing: Editing) -> None:
    """At the moment it names the article may go."""
    editing.lists(1)
    editing.change(1, embargo_ends_at=editing.now)
    assert ["Headline1"] == editing.titles()


def test_an_editor_s_word(editing: Editing) -> None:
    """A pin has its place, a boost lifts, and a block keeps out."""
    for number in (1, 2, 3, 4):
        editing.lists(number, source=f"paper{number}")
    editing.mark(marks.pin, 4, 2, editing.now.date())
    editing.mark(marks.boost, 3, 20)
    editing.mark(marks.block, 1)
    assert ["Headline3", "Headline4", "Headline2"] == editing.titles()
    assert "blocked by an editor" == left_out(editing, 1)
    assert () == editing.choose().notes


def test_a_pin_needs_no_window(editing: Editing) -> None:
    """An older article that an editor pins is in; what cannot be is told."""
    editing.wait(days=-9)
    editing.lists(1, 2)
    editing.wait(days=9)
    editing.lists(3, 4, 5)
    editing.send()
    editing.lists(6)
    editing.mark(marks.pin, 1, 1, editing.now.date())
    editing.mark(marks.pin, 3, 2, editing.now.date())
    choice = editing.choose()
    assert ["Headline1", "Headline6"] == [each.title for each in choice.selection.articles]
    (note,) = choice.notes
    assert "“Headline3” is pinned to place 2 and has none: it was sent already" in note


def test_what_never_leads_stands_further_down(editing: Editing) -> None:
    """However many points a live blog has, another article is first."""
    editing.lists(1, votes=900)
    editing.lists(2, votes=1, source="radio")
    editing.change(1, form=Form.LIVE)
    assert ["Headline2", "Headline1"] == editing.titles()
    editing.set(never_lead="")
    assert ["Headline1", "Headline2"] == editing.titles()


def test_nothing_but_what_never_leads_is_no_edition(editing: Editing) -> None:
    """With nothing that may stand first the edition is skipped, and says so."""
    editing.lists(1, 2, 3)
    for number in (1, 2, 3):
        editing.change(number, form=Form.LIVE)
    edition_id = editing.make()
    assert EditionState.SKIPPED is editing.state(edition_id)
    assert "may stand first" in get_edition(editing.connection, edition_id).reason


def test_the_best_of_the_last_places_counts(editing: Editing) -> None:
    """A place lost to the noise of one poll still speaks for an article that is listed."""
    editing.lists(1, 2)
    editing.connection.execute(sa.update(source).values(is_dated_order=False))
    places = sa.case((sighting.c.article_id == editing.id_of(1), sa.text("'{7,2,0}'")), else_=sa.text("'{9}'"))
    editing.connection.execute(
        sa.update(sighting).values(position=5, positions=places.cast(sighting.c.positions.type))
    )
    positions = {each.candidate.title: each.candidate.position for each in editing.choose().facts}
    assert {"Headline1": 2, "Headline2": 9} == positions


def test_taste_is_of_section_and_source(editing: Editing) -> None:
    """What readers followed counts for a candidate of that section, and of that source."""
    editing.lists(1, section="City")
    editing.lists(2, section="Sport")
    for kind, name, value in (("section", "City", 0.8), ("source", "paper.example", 0.4)):
        learnt = {"kind": kind, "name": name, "value": value, "learnt_at": editing.now}
        editing.connection.execute(sa.insert(taste).values(newsletter_id=editing.newsletter.id, **learnt))
    tastes = {each.candidate.title: each.candidate.taste for each in editing.choose().facts}
    assert {"Headline1": pytest.approx(0.6), "Headline2": 0.4} == tastes


def test_yesterday_s_articles_stand_beside_today_s(editing: Editing) -> None:
    """Another source's article on the same event counts and is named, though it was sent before."""
    title = "Old ferry terminal becomes a library"
    editing.lists(1, title=title, source="radio")
    editing.lists(2, 3)
    editing.send()
    editing.wait(days=1)
    editing.lists(4, title=f"{title}, says the mayor")
    (chosen,) = [each for each in editing.choose().selection.articles if "mayor" in each.title]
    assert ["radio.example"] == [other.source for other in chosen.also_in]
    assert "in 2 sources" in chosen.why


def test_skipped_days_join(editing: Editing) -> None:
    """On the day after a weekend off the weekend counts too; on other days it does not."""
    editing.set(send_days="mon tue wed thu fri")
    monday = editing.now
    editing.now = monday - timedelta(days=3)
    editing.lists(1, 2, 3)
    editing.send()
    editing.now = monday - timedelta(days=2)
    editing.lists(4)
    editing.now = monday
    assert date(2026, 3, 2) == monday.date()
    assert ["Headline4"] == editing.titles()
    editing.set(send_days="mon tue wed thu fri sat sun", carry_hours=0)
    assert [] == editing.titles()


def test_after_days_without_an_edition_one_article_is_enough(editing: Editing) -> None:
    """When too little came in for most_skips days, the next edition goes with what there is, and says so."""
    editing.set(most_skips=2)
    editing.lists(1, 2, 3)
    editing.send()
    states = []
    for number in (4, 5, 6):
        editing.wait(days=1)
        editing.lists(number)
        edition_id = editing.make()
        states.append(editing.state(edition_id))
    assert [EditionState.SKIPPED, EditionState.SKIPPED, EditionState.READY] == states
    assert any("brought too little" in note for note in get_edition(editing.connection, edition_id).notes)


def test_with_no_most_skips_an_edition_always_needs_enough(editing: Editing) -> None:
    """Zero turns the rule off."""
    editing.set(most_skips=0)
    for number in (1, 2):
        editing.lists(number)
        assert EditionState.SKIPPED is editing.state(editing.make())
        editing.wait(days=1)


def test_the_notes_tell_what_is_wrong(editing: Editing) -> None:
    """A source that fails, one that may have lost articles, and articles held are told with the edition."""
    editing.lists(1)
    editing.lists(2, source="radio")
    editing.change(2, is_held=True)
    failing = sa.update(source).where(source.c.url == "https://paper.example/feed")
    editing.connection.execute(
        failing.values(failures=3, last_error="It answered 503.", lost_at=editing.now - HOUR)
    )
    failed, lost, held = editing.choose().notes
    assert "https://paper.example/feed failed 3 times in a row: It answered 503." == failed
    assert "some may have been lost" in lost
    assert "1 article of radio.example held: it looks like an import." == held


def test_what_a_limit_keeps_out_is_named(editing: Editing) -> None:
    """The note of a full part names who had more points, the reason stands beside each."""
    editing.set(top_stories=3, min_articles=1)
    editing.lists(1, votes=100)
    editing.lists(2, votes=90)
    editing.lists(3, votes=80)
    editing.lists(4, votes=1, source="radio")
    choice = editing.choose()
    assert ["Headline1", "Headline2", "Headline4"] == [each.title for each in choice.selection.articles]
    assert ("max_per_source keeps out of the news places: “Headline3”.",) == choice.notes
    assert "max_per_source: paper.example has its 2" == left_out(editing, 3)


def test_a_story_is_told_in_one_part(editing: Editing) -> None:
    """A blog post on a top story's event has no place of its own."""
    title = "Old ferry terminal becomes a library"
    editing.lists(1, title=title)
    editing.lists(2, title=title, source="blog", genre=Genre.BLOG)
    assert "its story is told among the top stories" == left_out(editing, 2)


def test_an_editor_may_let_an_old_article_come_once_more(editing: Editing) -> None:
    """However old it is; a pin of what was sent says that it was, where nobody let it."""
    editing.set(min_articles=1)
    editing.lists(1, 2, 3)
    editing.send()
    editing.wait(days=4)
    editing.lists(4, 5)
    editing.mark(marks.pin, 2, 1, editing.now.date())
    editing.mark(marks.allow_update, 1)
    assert "Headline1" in editing.titles()
    (note,) = editing.choose().notes
    assert "it was sent already" in note
