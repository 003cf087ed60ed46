"""The box tells nobody who reads us."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter
from newsletter.readers.tables import consent, subscription, suppression


def _subscribe(scene: Any, **form: str) -> Any:
    return scene.browser().post("/subscribe", data=form)


def test_the_page_has_one_field_with_its_label(scene: Any) -> None:
    """The box asks for an address and nothing else, in the words of the product."""
    page = scene.browser().get("/").text
    assert page.count('type="email"') == 1
    assert "Newsletter: Get top stories and blog posts emailed to you each day." in page
    assert 'href="/archive/daily"' in page
    assert "<script" not in page


def test_known_unknown_and_suppressed_addresses_get_the_same_bytes(scene: Any) -> None:
    """Nobody can find out by the form who is subscribed."""
    scene.add_reader("known@example.com")
    with scene.database.transaction() as connection:
        connection.execute(
            sa.insert(suppression).values(canonical_address="never@example.com", reason="complaint")
        )
    answers = {
        (answer.status_code, answer.content, repr(answer.headers))
        for answer in (_subscribe(scene, address=f"{who}@example.com") for who in ("known", "never", "new", "new"))
    }
    assert len(answers) == 1
    status, content, headers = answers.pop()
    assert (status, content) == (303, b"")
    assert "/subscribed" in headers


def test_a_new_reader_is_owed_a_confirmation(scene: Any) -> None:
    """A request rings once for the mail, and keeps the network but not the address of the browser."""
    _subscribe(scene, address=" New@Example.com ")
    _subscribe(scene, address="new@example.com")
    with scene.database.transaction() as connection:
        wish = connection.execute(sa.select(subscription)).one()
        origins = [tuple(row) for row in connection.execute(sa.select(consent.c.how, consent.c.network))]
    assert wish.state == "unconfirmed"
    assert scene.ringer.rung == [Bell(TaskName.SUBMIT_CONFIRMATION, wish.id)]
    assert origins == [("form", "203.0.113.0/24")]


def test_an_invalid_address_is_shown_again(scene: Any) -> None:
    """A slip comes back with a message, escaped, and nothing is stored."""
    before = scene.everything()
    answer = _subscribe(scene, address='"><script>alert(1)</script>')
    assert answer.status_code == 422
    assert "That is not an address we can mail" in answer.text
    assert "<script" not in answer.text
    assert scene.everything() == before


def test_the_hidden_field_catches_machines(scene: Any) -> None:
    """Whoever fills in what nobody sees gets the usual answer and no subscription."""
    before = scene.everything()
    answer = _subscribe(scene, address="bot@example.com", website="https://spam.example")
    assert (answer.status_code, answer.headers["location"]) == (303, "/subscribed")
    assert scene.everything() == before
    assert scene.ringer.rung == []


def test_with_two_newsletters_the_form_names_one(scene: Any) -> None:
    """Each newsletter has its form, and a request without a name chooses none."""
    with scene.database.transaction() as connection:
        other = NewsletterSettings("weekly", "The Weekly", "The Paper", "news@paper.example")
        weekly = add_newsletter(connection, other)
    assert scene.browser().get("/").text.count('type="email"') == 2
    assert _subscribe(scene, address="a@example.com").status_code == 422
    assert _subscribe(scene, address="a@example.com", newsletter="nosuch").status_code == 422
    assert _subscribe(scene, address="a@example.com", newsletter="weekly").status_code == 303
    with scene.database.transaction() as connection:
        assert connection.execute(sa.select(subscription.c.newsletter_id)).scalars().all() == [weekly.id]


def test_the_answer_names_nobody(scene: Any) -> None:
    """The page after the form is the same for all."""
    page = scene.browser().get("/subscribed")
    assert page.status_code == 200
    assert "@" not in page.text


@pytest.mark.parametrize("public_url", ["https://news.example/letters", "https://news.example/letters/"])
def test_links_stand_under_the_path_of_the_public_url(make_scene: Callable[..., Any], public_url: str) -> None:
    """Behind a proxy that gives us a folder, every link stays in it."""
    browser = make_scene(public_url=public_url).browser()
    browser.headers["Host"] = "news.example"
    page = browser.get("/").text
    assert 'action="/letters/subscribe"' in page
    answer = browser.post("/subscribe", data={"address": "a@example.com"})
    assert answer.headers["location"] == "/letters/subscribed"
