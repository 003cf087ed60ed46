"""Every candidate has a place or a reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from newsletter.edition.choosing.candidate import Candidate
from newsletter.edition.choosing.decide import Fact, Update, decide
from newsletter.gather.article import Form, Genre
from newsletter.publication.newsletters import NewsletterSettings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SETTINGS = NewsletterSettings(
    slug="daily", name="Daily", publisher="Paper", sender_address="n@paper.example", top_stories=3, blog_posts=1
)


def fact(number: int, votes: int = 0, genre: Genre = Genre.NEWS, **facts: object) -> Fact:
    """Return an article on a story and of a source of its own, with a headline like no other."""
    usual = Candidate(
        number,
        f"{'abcdefghij'[number % 10]}" * 9,
        f"source {number}",
        published_at=NOW - timedelta(hours=1),
        votes=votes,
        story=number,
    )
    return Fact(replace(usual, **facts), genre)  # type: ignore[arg-type]  # each test's own


def test_too_few_points() -> None:
    """With all places taken by better ones, that is the reason."""
    decision = decide([fact(number, votes=10 * number) for number in (1, 2, 3, 4)], SETTINGS, NOW)
    assert [4, 3, 2] == [each.candidate.id for each in decision.top_stories]
    assert {1: "fewer points than those with a place"} == decision.left_out
    assert () == decision.notes


def test_a_section_that_has_its_share() -> None:
    """Others go before a section that has its places, and the note names what that kept out."""
    facts = [fact(number, votes=90 - number, section="City") for number in (1, 2, 3)]
    decision = decide([*facts, fact(4, votes=1, section="Sport")], SETTINGS, NOW)
    assert [1, 2, 4] == [each.candidate.id for each in decision.top_stories]
    assert {3: "section_share: City has its 40 %"} == decision.left_out
    assert ("section_share keeps out of the news places: “ddddddddd”.",) == decision.notes


def test_a_source_alone_has_no_limit() -> None:
    """What a paper that stands alone leaves out is left out for its points."""
    decision = decide([fact(number, votes=number, source="Paper") for number in (1, 2, 3, 4)], SETTINGS, NOW)
    assert {1: "fewer points than those with a place"} == decision.left_out


def test_two_near_subjects() -> None:
    """The second of two like headlines gives way to something else."""
    like = [fact(number, votes=51 - number, title="Storm closes the coast road to Saltmarsh") for number in (1, 2)]
    others = [fact(number, votes=40) for number in (3, 4)]
    decision = decide([*like, *others], SETTINGS, NOW)
    assert [1, 3, 4] == sorted(each.candidate.id for each in decision.top_stories)
    assert {2: "too like what has a place"} == decision.left_out


def test_nothing_may_lead() -> None:
    """Where nothing may stand first, nothing stands at all; a blog post may lead in their place."""
    live = [fact(number, form=Form.LIVE) for number in (1, 2)]
    decision = decide(live, SETTINGS, NOW)
    assert () == decision.picked
    assert {1, 2} == decision.left_out.keys()
    assert all("may not lead" in why for why in decision.left_out.values())
    with_blog = decide([*live, fact(3, genre=Genre.BLOG)], SETTINGS, NOW)
    assert [3] == [each.candidate.id for each in with_blog.picked]


def test_a_blog_post_of_a_form_stands_behind_the_news() -> None:
    """Only the first place of the edition asks who may lead."""
    decision = decide([fact(1), fact(2, genre=Genre.BLOG, form=Form.NOTICE)], SETTINGS, NOW)
    assert ([1], [2]) == tuple(
        [each.candidate.id for each in part] for part in (decision.top_stories, decision.blog_posts)
    )


def test_what_is_barred_is_not_ranked() -> None:
    """It counts for nobody's points, and its reason is the one it came with."""
    barred = replace(fact(1, votes=1_000), barred="blocked by an editor")
    decision = decide([barred, fact(2, votes=3)], SETTINGS, NOW)
    assert decide([fact(2, votes=3)], SETTINGS, NOW).picked == decision.picked
    assert {1: "blocked by an editor"} == decision.left_out


def test_an_update_must_rank_in_the_upper_half_unless_an_editor_wants_it() -> None:
    """The rule brings back what matters; an editor's word, or a pin, brings back anything."""
    better = [fact(number, votes=90) for number in (1, 2)]
    for update, pin, is_in in ((Update.RULE, None, False), (Update.EDITOR, None, True), (Update.RULE, 3, True)):
        low = replace(fact(3, votes=1, pin=pin), update=update)
        chosen = {each.candidate.id for each in decide([*better, low], SETTINGS, NOW).picked}
        assert is_in == (3 in chosen)


def test_of_both_parts_one_article_is_the_most_voted() -> None:
    """A blog post with two votes is not the most voted of a day on which a story has ninety."""
    decision = decide([fact(1, votes=90), fact(2, votes=2, genre=Genre.BLOG)], SETTINGS, NOW)
    assert "most voted today (90 votes in 1 h)" in decision.top_stories[0].why
    assert "most voted" not in decision.blog_posts[0].why
