"""Assembling an edition: chosen once, rendered once, frozen together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.edition.addresses import archive_url
from newsletter.edition.assemble import Workshop, assemble, masthead
from newsletter.edition.choosing.outlook import choose_for
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.rendering import budget
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.slots import Slot, personal
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_content, get_contents, get_edition, get_link, list_edition_articles, move
from newsletter.edition.tables import Part, edition, sent_article
from newsletter.errors import ConflictError, NotFoundError
from newsletter.gather.article import Genre
from newsletter.publication.newsletters import Newsletter, change_newsletter
from tests.publication.newsroom import a_source, an_article, publish

Gathering = Callable[[int], int]


@pytest.fixture
def workshop(templates: tuple[Path, ...]) -> Workshop:
    """Give our own templates."""
    return Workshop(Stationery(templates), "http://localhost:8000")


@pytest.fixture
def gathering(database: Database, daily: Newsletter, noon: datetime) -> Gathering:
    """Give a function that brings an edition to gathering with so many articles listed."""

    def gather(count: int) -> int:
        with database.transaction() as connection:
            for name, genre in (("paper", Genre.NEWS), ("radio", Genre.NEWS), ("blog", Genre.BLOG)):
                origin = a_source(connection, daily.id, name, genre)
                articles = [
                    an_article(number, published_at=noon - timedelta(hours=number))
                    for number in range(1, count + 1)
                    if number % 3 == ("paper", "radio", "blog").index(name)
                ]
                publish(connection, origin, articles, noon)
            edition_id, _ = plan_edition(connection, EditionRequest(daily.id, noon.date(), noon, "test"))
            move(connection, edition_id, (EditionState.PLANNED, EditionState.GATHERING), gathering_at=noon)
        return edition_id

    return gather


def test_an_edition_becomes_ready(
    database: Database, gathering: Gathering, workshop: Workshop, noon: datetime
) -> None:
    """Articles, content and state are frozen together, and agree with each other."""
    edition_id = gathering(6)
    with database.transaction() as connection:
        assert EditionState.READY is assemble(connection, edition_id, workshop, noon)
        ready, content = get_edition(connection, edition_id), get_content(connection, edition_id)
        articles = list_edition_articles(connection, edition_id)
    assert (EditionState.READY, noon) == (ready.state, ready.ready_at)
    assert 6 == len(articles)
    assert [1, 2, 3, 4, 5, 6] == [each.place for each in articles]
    assert articles[0].title in content.subject
    for each in articles:
        assert each.title in content.html
        assert each.url in content.text
        assert each.why
        assert each.points == pytest.approx(sum(each.parts.values()), abs=0.001)
    assert [Part.TOP_STORIES] * 4 + [Part.BLOG_POSTS] * 2 == [each.part for each in articles]
    assert personal(content.marker, Slot.UNSUBSCRIBE) in content.html
    assert "http://localhost:8000/archive/daily/2026-03-02" in content.text


def test_the_content_hash_is_of_the_content(
    database: Database, gathering: Gathering, workshop: Workshop, noon: datetime
) -> None:
    """The hash that stands beside frozen content has its length and is never the empty mark of "none yet"."""
    edition_id = gathering(6)
    with database.transaction() as connection:
        assemble(connection, edition_id, workshop, noon)
        assert 64 == len(connection.execute(sa.select(edition.c.content_hash)).scalar_one())


@pytest.mark.parametrize(
    "reason",
    [
        "No unsent stories to choose from; an edition needs 3.",
        "1 unsent story to choose from; an edition needs 3.",
        "2 unsent stories to choose from; an edition needs 3.",
    ],
)
def test_nothing_to_say_nothing_sent(
    database: Database, gathering: Gathering, workshop: Workshop, noon: datetime, reason: str
) -> None:
    """An edition with too little in it is skipped, and says how little there was."""
    edition_id = gathering(int(reason[0]) if reason[0].isdigit() else 0)
    with database.transaction() as connection:
        assert EditionState.SKIPPED is assemble(connection, edition_id, workshop, noon)
        skipped = get_edition(connection, edition_id)
        assert [] == list_edition_articles(connection, edition_id)
    assert (EditionState.SKIPPED, reason, noon) == (skipped.state, skipped.reason, skipped.finished_at)


def test_templates_that_cannot_be_used_fail_the_edition(
    database: Database, gathering: Gathering, templates: tuple[Path, ...], noon: datetime, tmp_path: Path
) -> None:
    """The verdict names the template, and no half of an edition is kept."""
    edition_id = gathering(6)
    (tmp_path / "email/digest").mkdir(parents=True)
    (tmp_path / "email/digest/subject.txt").write_text("{% if %}")
    with database.transaction() as connection:
        broken = Workshop(Stationery([tmp_path, *templates]), "http://localhost:8000")
        assert EditionState.FAILED is assemble(connection, edition_id, broken, noon)
        failed = get_edition(connection, edition_id)
        assert [] == list_edition_articles(connection, edition_id)
    assert (EditionState.FAILED, noon) == (failed.state, failed.finished_at)
    assert "subject.txt" in failed.reason


def test_an_edition_that_does_not_gather_is_not_assembled(
    database: Database, daily: Newsletter, workshop: Workshop, noon: datetime
) -> None:
    """Assembling is the end of gathering and of nothing else."""
    with database.transaction() as connection:
        edition_id, _ = plan_edition(connection, EditionRequest(daily.id, noon.date(), noon, "test"))
        with pytest.raises(ConflictError, match="is planned"):
            assemble(connection, edition_id, workshop, noon)


def test_of_two_tasks_one_assembles(
    database: Database, gathering: Gathering, workshop: Workshop, noon: datetime
) -> None:
    """The loser hears of a conflict and changes nothing of the winner's edition."""
    edition_id, together = gathering(6), Barrier(2)

    def try_it(_: int) -> bool:
        together.wait()
        try:
            with database.transaction() as connection:
                assemble(connection, edition_id, workshop, noon)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert [False, True] == sorted(pool.map(try_it, range(2)))
    with database.transaction() as connection:
        assert 6 == len(list_edition_articles(connection, edition_id))


def test_assembling_again_replaces_the_articles(
    database: Database, gathering: Gathering, workshop: Workshop, noon: datetime
) -> None:
    """An edition that went back, because one of its articles was sent elsewhere, is made anew without that one."""
    edition_id = gathering(6)
    with database.transaction() as connection:
        assemble(connection, edition_id, workshop, noon)
        newsletter_id = get_edition(connection, edition_id).newsletter_id
        lead = list_edition_articles(connection, edition_id)[0].article_id
        other, _ = plan_edition(
            connection, EditionRequest(newsletter_id, noon.date(), noon, "test", source_ids=(1,))
        )
        connection.execute(
            sa.insert(sent_article).values(
                newsletter_id=newsletter_id,
                for_named_readers=False,
                article_id=lead,
                edition_id=other,
                sent_at=noon,
            )
        )
        move(connection, edition_id, (EditionState.READY, EditionState.GATHERING))
        assert EditionState.READY is assemble(connection, edition_id, workshop, noon)
        articles = list_edition_articles(connection, edition_id)
    assert 5 == len(articles)
    assert lead not in {each.article_id for each in articles}


def test_looking_changes_nothing(database: Database, gathering: Gathering, noon: datetime) -> None:
    """What would be chosen can be asked for at any time."""
    edition_id = gathering(6)
    with database.transaction() as connection:
        before = get_edition(connection, edition_id)
        choice = choose_for(connection, before, noon)
        assert before == get_edition(connection, edition_id)
        assert [] == list_edition_articles(connection, edition_id)
    assert 6 == len(choice.selection.articles)


def test_only_a_first_edition_reaches_back(
    database: Database, daily: Newsletter, workshop: Workshop, noon: datetime
) -> None:
    """Once a newsletter has sent anything, old articles stay out though the edition is thin."""
    old = noon - timedelta(days=5)
    with database.transaction() as connection:
        origin = a_source(connection, daily.id)
        publish(connection, origin, [an_article(number, published_at=old) for number in range(4)], old)
        request = EditionRequest(daily.id, noon.date(), noon, "test")
        first = get_edition(connection, plan_edition(connection, request)[0])
        choice = choose_for(connection, first, noon)
        assert (4, 1) == (len(choice.selection.articles), len(choice.notes))
        connection.execute(
            sa.insert(sent_article).values(
                newsletter_id=daily.id, for_named_readers=False, article_id=1, edition_id=first.id, sent_at=noon
            )
        )
        assert () == choose_for(connection, first, noon).selection.articles
        named = EditionRequest(daily.id, noon.date(), noon, "test", source_ids=(origin.id,))
        asked = get_edition(connection, plan_edition(connection, named)[0])
        assert 3 == len(choose_for(connection, asked, noon).selection.articles)


def test_every_mail_carries_the_newsletter_s_own_particulars(daily: Newsletter) -> None:
    """The masthead is the newsletter's settings word for word."""
    head = masthead(daily)
    assert (daily.name, daily.publisher, daily.postal_address) == (head.name, head.publisher, head.postal_address)


@pytest.mark.parametrize("public_url", ["https://news.example", "https://news.example/"])
def test_an_edition_has_one_address_on_the_web(public_url: str) -> None:
    """However the operator wrote PUBLIC_URL, the archive's address has no double slash."""
    assert "https://news.example/archive/daily/2026-03-02" == archive_url(public_url, "daily", "2026-03-02")


def test_counted_links_are_frozen_with_the_content(
    database: Database, daily: Newsletter, gathering: Gathering, workshop: Workshop, noon: datetime
) -> None:
    """Where the newsletter tracks clicks, each number of the content has its address in the same transaction."""
    edition_id = gathering(6)
    with database.transaction() as connection:
        change_newsletter(connection, daily.slug, {"track_clicks": "yes"})
        assemble(connection, edition_id, workshop, noon)
    with database.transaction() as connection:
        content = get_content(connection, edition_id)
        articles = list_edition_articles(connection, edition_id)
        assert [each.url for each in articles] == list(content.links)
        assert list(content.links) == [get_link(connection, edition_id, number) for number in range(1, 7)]
        for missing in ((edition_id, 0), (edition_id, 7), (edition_id + 1, 1)):
            with pytest.raises(NotFoundError, match="leads nowhere"):
                get_link(connection, *missing)
    assert not any(each.url in content.html + content.text for each in articles)


def test_what_does_not_fit_is_not_sent(
    database: Database, gathering: Gathering, workshop: Workshop, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An article that is left out for size is none of the edition's in any language, and the notes name it."""
    edition_id = gathering(6)
    with database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": "ar"})
        chosen = choose_for(connection, get_edition(connection, edition_id), noon).selection.articles
        monkeypatch.setattr(budget, "HTML_BUDGET", 11_500)
        assert EditionState.READY is assemble(connection, edition_id, workshop, noon)
        ready = get_edition(connection, edition_id)
        kept = [each.article_id for each in list_edition_articles(connection, edition_id)]
        contents = get_contents(connection, edition_id)
    assert ["en", "ar"] == [each.language for each in contents]
    assert {len(kept)} == {content.html.count("<h3") for content in contents}
    assert chosen[0].article_id == kept[0]
    left_out = [each.title for each in chosen if each.article_id not in kept]
    assert left_out
    (note,) = [each for each in ready.notes if each.startswith("Left out to keep within")]
    assert all(title in note for title in left_out)


def test_a_theme_that_cannot_be_used_fails_the_edition(
    database: Database, daily: Newsletter, gathering: Gathering, workshop: Workshop, noon: datetime
) -> None:
    """The verdict names the theme and those that there are."""
    edition_id = gathering(6)
    with database.transaction() as connection:
        change_newsletter(connection, daily.slug, {"theme": "none"})
        assert EditionState.FAILED is assemble(connection, edition_id, workshop, noon)
        reason = get_edition(connection, edition_id).reason
    assert "There is no theme 'none'" in reason
    assert "broadsheet" in reason
