"""The recommend button: looking votes for nothing, pressing votes once, and only for a newsletter that asks."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.delivery.messages.composer import compose_copy, load_copy
from newsletter.edition.copies import nobodys_copy, nobodys_text
from newsletter.edition.tables import edition_article
from newsletter.gather.tables import article
from newsletter.insight.tables import recommendation
from newsletter.publication.newsletters import change_newsletter
from newsletter.readers.tables import subscriber
from newsletter.tokens import Purpose

TITLES = ["A mill opens", "A train returns", "A goat waits"]


@pytest.fixture
def reader(scene: Any) -> int:
    """Give a reader to whom an edition with buttons is being sent."""
    ask(scene, "yes")
    reader_id = scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    scene.make_edition(ready_only=False)
    return int(reader_id)


def ask(scene: Any, answer: str) -> None:
    """Let the newsletter ask for recommendations, or let it be."""
    with scene.database.transaction() as connection:
        change_newsletter(connection, scene.newsletter.slug, {"recommend": answer})


def button(scene: Any, reader: int, place: object, edition_id: int = 1) -> str:
    """Return a reader's own path of the button beside an article."""
    return f"/c/{scene.services.tokens.pair_signer(Purpose.CLICK, edition_id)(reader)}/r{place}"


def votes(scene: Any) -> tuple[list[int], int]:
    """Return the count beside each article, and how many rows there are."""
    with scene.database.transaction() as connection:
        counts = connection.execute(sa.select(article.c.recommendations).order_by(article.c.title)).scalars()
        rows = connection.execute(sa.select(sa.func.count()).select_from(recommendation)).scalar_one()
        return list(counts), rows


def test_every_article_of_a_mail_has_its_readers_own_button(scene: Any, reader: int) -> None:
    """The links of the mail are the ones that the door answers to, in both parts, once each."""
    post = scene.services.post
    message = compose_copy(post, load_copy(post, 1), reader, "reader@example.com").decode()
    unbroken = message.replace("=\r\n", "")
    for place in (1, 2, 3):
        path = button(scene, reader, place)
        assert 2 == len(re.findall(rf"{re.escape(path)}(?![0-9])", unbroken))
        assert 200 == scene.browser().get(path).status_code


def test_looking_changes_nothing(scene: Any, reader: int) -> None:
    """A scanner that follows every link of a mail votes for nothing; the page says which article is meant."""
    before = scene.everything()
    page = scene.browser().get(button(scene, reader, 1))
    scene.browser().head(button(scene, reader, 1))
    assert before == scene.everything()
    assert any(title in page.text for title in TITLES)


def test_a_link_with_a_login_leads_nowhere(scene: Any, reader: int) -> None:
    """It shows one host and leads to another: the mail leaves it out, and so do the button's pages."""
    with scene.database.transaction() as connection:
        connection.execute(sa.update(edition_article).values(url="https://bank.example@evil.example/"))
    for answer in (scene.browser().get(button(scene, reader, 1)), scene.browser().post(button(scene, reader, 1))):
        assert 200 == answer.status_code
        assert "evil.example" not in answer.text


def test_pressing_votes_once(scene: Any, reader: int) -> None:
    """One of a reader and article, however often."""
    for _ in range(3):
        assert "Thank you" in scene.browser().post(button(scene, reader, 2)).text
    counts, rows = votes(scene)
    assert (1, [0, 0, 1]) == (rows, sorted(counts))
    other = scene.add_reader("other@example.com")
    scene.browser().post(button(scene, other, 2))
    assert 2 == max(votes(scene)[0])


@pytest.mark.parametrize("place", [0, 4, 99, 100, "x", "1x", "01"])
def test_a_place_that_is_not_there_is_not_found(scene: Any, reader: int, place: object) -> None:
    """No article, no vote."""
    assert 404 == scene.browser().post(button(scene, reader, place)).status_code
    assert ([0, 0, 0], 0) == votes(scene)


def test_nobody_votes_with_a_forged_link(scene: Any, reader: int) -> None:
    """Nor with a link of another purpose, nor for an edition that is not there."""
    token = scene.services.tokens.sign(Purpose.UNSUBSCRIBE, reader, scene.clock())
    for path in ("/c/forged/r1", f"/c/{token}/r1", button(scene, reader, 1, edition_id=9)):
        assert 404 == scene.browser().post(path).status_code
    assert ([0, 0, 0], 0) == votes(scene)


def test_a_newsletter_that_asks_no_more_counts_no_more(scene: Any, reader: int) -> None:
    """Switched off is off, for old mails too."""
    ask(scene, "no")
    assert 404 == scene.browser().post(button(scene, reader, 1)).status_code
    assert ([0, 0, 0], 0) == votes(scene)


def test_an_erased_reader_has_no_vote(scene: Any, reader: int) -> None:
    """What a reader said goes with them, and their old mail says nothing new."""
    scene.browser().post(button(scene, reader, 1))
    with scene.database.transaction() as connection:
        connection.execute(sa.delete(subscriber))
    scene.browser().post(button(scene, reader, 2))
    assert 0 == votes(scene)[1]


def test_the_archive_has_no_buttons(scene: Any, reader: int) -> None:
    """There it leads to the page where one subscribes: the archive is nobody's copy."""
    content = load_copy(scene.services.post, 1).content
    for part in (nobodys_copy(content, "http://localhost:8000"), nobodys_text(content, "http://localhost:8000")):
        assert "/r1" not in part
        assert content.marker not in part


def test_without_the_setting_no_mail_has_a_button(scene: Any) -> None:
    """Nobody asked for it."""
    reader_id = scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    scene.make_edition(ready_only=False)
    post = scene.services.post
    assert b"Recommend" not in compose_copy(post, load_copy(post, 1), reader_id, "reader@example.com")
