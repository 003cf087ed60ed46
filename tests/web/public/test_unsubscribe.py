"""The page of leaving: less before none, in one screen, and for an hour the way back."""

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.publication.newsletters import change_newsletter
from newsletter.readers.store import Origin
from newsletter.readers.tables import consent, subscriber, subscription
from newsletter.tokens import Purpose
from tests.readers.asking import ask_for


class Forms(HTMLParser):
    """Every form of a page with its fields, and every link."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a browser would send."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((said.get("action", ""), {}))
        elif tag in {"input", "button"} and said.get("name"):
            self.forms[-1][1][said["name"]] = said.get("value", "")
        elif tag == "a" and "href" in said:
            self.links.append(said["href"])


def _leave(scene: Any, number: int) -> str:
    return f"/unsubscribe/{scene.services.tokens.sign(Purpose.UNSUBSCRIBE, number, scene.clock())}"


def _state(scene: Any, number: int) -> str:
    with scene.database.transaction() as connection:
        query = sa.select(subscription.c.state).where(subscription.c.id == number)
        return str(connection.execute(query).scalar_one())


@pytest.fixture
def reader(scene: Any) -> int:
    """Give an active reader."""
    return int(scene.add_reader("reader@example.com"))


def _offered(scene: Any, reader: int, name: str) -> tuple[str, dict[str, str]]:
    """Return the form on the page of leaving that makes a change."""
    page = Forms(scene.browser().get(_leave(scene, reader)).text)
    return next((action, fields) for action, fields in page.forms if fields.get("change") == name)


def test_less_is_offered_before_none(scene: Any, reader: int) -> None:
    """In one screen besides the button that leaves: once a week, a pause, and a link to the other choices."""
    page = Forms(scene.browser().get(_leave(scene, reader)).text)
    assert "?from=page" == page.forms[0][0]
    assert ["what", "pause"] == [fields["change"] for _, fields in page.forms[1:]]
    assert ["/preferences/"] == [link[:13] for link in page.links if link.startswith("/preferences/")]


@pytest.mark.parametrize(("name", "said"), [("what", "Saved."), ("pause", "Your pause has begun.")])
def test_less_with_one_press(scene: Any, reader: int, name: str, said: str) -> None:
    """The page of preferences then says so, and the same is not offered again; leaving still is."""
    action, fields = _offered(scene, reader, name)
    answer = scene.browser().post(action, data=fields)
    assert said in scene.browser().get(answer.headers["location"]).text
    again = Forms(scene.browser().get(_leave(scene, reader)).text)
    assert "?from=page" == again.forms[0][0]
    assert name not in [each.get("change") for _, each in again.forms]
    assert ("paused" if name == "pause" else "active") == _state(scene, reader)


def test_a_newsletter_without_a_weekly_edition_offers_none(scene: Any, reader: int) -> None:
    """Nothing is offered that is not there."""
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", {"weekly_day": ""})
    page = Forms(scene.browser().get(_leave(scene, reader)).text)
    assert ["pause"] == [fields["change"] for _, fields in page.forms[1:]]


def test_undoing_takes_a_pause_up_again(scene: Any, reader: int) -> None:
    """As if nothing had happened: who was mailed nothing for two weeks is mailed nothing."""
    action, fields = _offered(scene, reader, "pause")
    scene.browser().post(action, data=fields)
    link = _leave(scene, reader)
    scene.browser().post(f"{link}?from=page")
    answer = scene.browser().post(f"{link}/undo")
    page = scene.browser().get(answer.headers["location"]).text
    assert "as if nothing had happened" in page
    assert "Nothing is mailed to you before Tuesday, March 17, 2026." in page
    assert "paused" == _state(scene, reader)


def test_leaving_can_be_undone(scene: Any, reader: int) -> None:
    """By the button of the page that says goodbye, once; the log says how."""
    link = _leave(scene, reader)
    goodbye = Forms(scene.browser().post(f"{link}?from=page").text)
    assert [(f"{link}/undo", {})] == goodbye.forms
    for _ in range(2):
        answer = scene.browser().post(f"{link}/undo")
        assert 303 == answer.status_code
    assert "as if nothing had happened" in scene.browser().get(answer.headers["location"]).text
    assert "active" == _state(scene, reader)
    with scene.database.transaction() as connection:
        rows = connection.execute(sa.select(consent).order_by(consent.c.id)).all()
    assert [("added", "test"), ("unsubscribed", "page"), ("confirmed", "undo")] == [
        (row.event, row.how) for row in rows
    ]


def test_who_comes_back_to_the_link_finds_the_way_back(scene: Any, reader: int) -> None:
    """Within the hour; later the page leads to subscribing again."""
    link = _leave(scene, reader)
    scene.browser().post(link)
    assert f"{link}/undo" in scene.browser().get(link).text
    scene.clock.pass_by(timedelta(hours=1, seconds=1))
    later = Forms(scene.browser().get(link).text)
    assert [] == later.forms
    assert any(each.startswith("/preferences/") for each in later.links)
    assert 409 == scene.browser().post(f"{link}/undo").status_code
    assert "unsubscribed" == _state(scene, reader)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_links_undoes_nothing(scene: Any, reader: int, method: str) -> None:
    """Neither before leaving nor after."""
    link = _leave(scene, reader)
    scene.browser().post(link)
    before = scene.everything()
    assert [200, 405] == [scene.browser().request(method, each).status_code for each in (link, f"{link}/undo")]
    assert before == scene.everything()


def test_undo_brings_back_only_who_had_confirmed(scene: Any) -> None:
    """Leaving what one never confirmed, and undoing it, is no way in."""
    with scene.database.transaction() as connection:
        asked = ask_for(connection, scene.newsletter.id, "new@example.com", Origin("form"), scene.clock())
    assert asked is not None
    link = _leave(scene, asked)
    scene.browser().post(link)
    assert f"{link}/undo" not in scene.browser().get(link).text
    assert 409 == scene.browser().post(f"{link}/undo").status_code
    assert "unsubscribed" == _state(scene, asked)


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.UNSUBSCRIBE])
def test_no_other_token_undoes(scene: Any, reader: int, purpose: Purpose) -> None:
    """A link for anything else does not bring anybody back."""
    scene.browser().post(_leave(scene, reader))
    token = scene.services.tokens.sign(purpose, reader, scene.clock())
    assert 403 == scene.browser().post(f"/unsubscribe/{token}/undo").status_code
    assert "unsubscribed" == _state(scene, reader)


def test_an_erased_reader_finds_a_clear_page(scene: Any, reader: int) -> None:
    """Nothing is left to leave, or to undo."""
    link = _leave(scene, reader)
    with scene.database.transaction() as connection:
        connection.execute(sa.delete(subscriber))
    answers = [scene.browser().get(link), scene.browser().post(f"{link}/undo")]
    assert [404, 404] == [answer.status_code for answer in answers]
    assert all("was erased" in answer.text for answer in answers)
