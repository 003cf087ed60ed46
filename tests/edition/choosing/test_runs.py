"""Runs: what was known, what followed, and what made two of them differ."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.choosing import marks
from newsletter.edition.choosing.candidate import Candidate
from newsletter.edition.choosing.decide import Fact, Update, decide
from newsletter.edition.choosing.facts import (
    decision_to_plain,
    fact_from_plain,
    fact_to_plain,
    settings_from_plain,
    settings_to_plain,
)
from newsletter.edition.choosing.runs import (
    TRIALS_KEPT,
    Occasion,
    Run,
    differences,
    get_run,
    last_run_of,
    left_out,
    list_runs,
    record_run,
    replay,
)
from newsletter.edition.tables import edition_run
from newsletter.errors import NotFoundError
from newsletter.gather.article import Form, Genre
from newsletter.publication.newsletters import NewsletterSettings
from tests.edition.editing import Editing

SETTINGS = NewsletterSettings(slug="daily", name="Daily", publisher="Paper", sender_address="n@paper.example")
MOMENTS = st.datetimes(timezones=st.just(UTC))


def try_it(editing: Editing) -> Run:
    """Choose on trial; return the run."""
    occasion = Occasion(editing.newsletter, editing.now.date(), None, editing.now)
    return get_run(editing.connection, record_run(editing.connection, occasion, editing.choose()))


def a_day(editing: Editing) -> None:
    """Let several sources list articles of all kinds."""
    editing.lists(1, 2, 3, 4, votes=7, section="City", summary="The council met. It voted.")
    editing.lists(5, 6, source="radio", comments=3)
    editing.lists(7, 8, source="blog", genre=Genre.BLOG)
    editing.change(2, form=Form.LIVE)
    editing.change(3, is_held=True)
    editing.change(6, is_featured=True, recommendations=2)
    editing.mark(marks.pin, 5, 2, editing.now.date())
    editing.mark(marks.boost, 6, -3)


def test_a_stored_run_gives_the_same_outcome(editing: Editing) -> None:
    """From its own facts and settings alone the decision comes out as it was, points, reasons and all."""
    a_day(editing)
    editing.set(popularity_points=55.5, section_share=50)
    edition_id = editing.make()
    editing.set(popularity_points=1)
    run = last_run_of(editing.connection, edition_id)
    assert run is not None
    assert run.outcome == replay(run)
    assert run.places == [each.article_id for each in editing.articles(edition_id)]
    points = {each["id"]: each["points"] for each in run.outcome["ranked"]}
    assert {each.article_id: each.points for each in editing.articles(edition_id)}.items() <= points.items()


def test_a_trial_makes_no_edition(editing: Editing) -> None:
    """It is kept beside the others and belongs to no edition; old trials are forgotten."""
    a_day(editing)
    run = try_it(editing)
    assert (True, None) == (run.is_trial, run.edition_id)
    assert [run.id] == [each.id for each in list_runs(editing.connection, editing.newsletter.id)]
    editing.now += TRIALS_KEPT + timedelta(seconds=1)
    again = try_it(editing)
    assert [again.id] == list(editing.connection.execute(sa.select(edition_run.c.id)).scalars())
    for missing in (run.id, 10**30):
        with pytest.raises(NotFoundError):
            get_run(editing.connection, missing)


def test_differences_in_words(editing: Editing) -> None:
    """Who came in, went out and moved, whose points changed in which part, and which setting did it."""
    editing.set(top_stories=2, min_articles=1)
    editing.lists(1, votes=90)
    editing.lists(2, votes=50, source="radio")
    editing.lists(3, votes=10, source="post")
    first = try_it(editing)
    assert [] == differences(first, first)
    editing.mark(marks.block, 1)
    editing.mark(marks.boost, 3, 15)
    editing.set(freshness_points=9)
    told = differences(first, try_it(editing))
    ids = {number: editing.id_of(number) for number in (1, 2, 3)}
    assert "The setting freshness_points was 5.0 and is 9.0." in told
    assert f"Went out from place 1: “Headline1” ({ids[1]}); now: blocked by an editor." in told
    came = f"Came in at place 2: “Headline3” ({ids[3]}); it was out: fewer points than those with a place."
    assert came in told
    assert f"Moved from place 2 to 1: “Headline2” ({ids[2]})." in told
    assert any("editor 0.0 to 15.0" in line and "Headline3" in line for line in told)


def test_a_new_article_was_not_there_before(editing: Editing) -> None:
    """What nobody had seen at the first run is told as that."""
    editing.lists(1)
    first = try_it(editing)
    editing.lists(2, source="radio")
    told = differences(first, try_it(editing))
    assert any("it was not there to choose" in line for line in told)


def test_an_edition_names_what_it_leaves_out(editing: Editing) -> None:
    """The best of the rest, each with its reason."""
    editing.set(top_stories=1, min_articles=1)
    editing.lists(1, votes=9)
    editing.lists(2, votes=1, source="radio")
    edition_id = editing.make()
    (out,) = left_out(editing.connection, edition_id, 5)
    assert ("Headline2", "radio.example") == (out["title"], out["source"])
    assert "fewer points than those with a place" == out["left_out"]
    assert [] == left_out(editing.connection, edition_id + 1, 5)


candidates = st.builds(
    Candidate,
    id=st.integers(1, 10**12),
    title=st.text(max_size=30),
    source=st.sampled_from("ABC"),
    section=st.sampled_from(["", "City", "World"]),
    published_at=st.none() | MOMENTS,
    first_seen_at=st.none() | MOMENTS,
    votes=st.none() | st.integers(0, 900),
    position=st.none() | st.integers(1, 40),
    story=st.integers(0, 5),
    taste=st.none() | st.floats(0, 1),
    boost=st.integers(-20, 20),
    pin=st.none() | st.integers(1, 9),
    form=st.sampled_from(Form),
    text=st.text(max_size=30),
)
facts = st.builds(
    Fact,
    candidates,
    st.sampled_from(Genre),
    update=st.sampled_from(Update),
    barred=st.sampled_from(["", "blocked by an editor"]),
)


@given(st.lists(facts, max_size=12, unique_by=lambda each: each.candidate.id), st.randoms(), MOMENTS)
def test_facts_keep_and_the_order_they_come_in_is_nothing(
    found: list[Fact], random: Random, now: datetime
) -> None:
    """A kept fact is the same; shuffled facts give the same decision; each has a place or a reason."""
    kept = [fact_from_plain(fact_to_plain(each)) for each in found]
    assert found == kept
    random.shuffle(kept)
    decision = decide(found, SETTINGS, now)
    assert decision_to_plain(decision) == decision_to_plain(decide(kept, SETTINGS, now))
    chosen = {each.candidate.id for each in decision.picked}
    assert {each.candidate.id for each in found} == chosen | decision.left_out.keys()
    assert not chosen & decision.left_out.keys()


def test_settings_keep() -> None:
    """A newsletter's settings are the same after they were kept; one that is new since has its default."""
    told = settings_to_plain(SETTINGS)
    assert SETTINGS == settings_from_plain(told)
    del told["quiet"]
    assert SETTINGS == settings_from_plain({**told, "gone_since": 1})
