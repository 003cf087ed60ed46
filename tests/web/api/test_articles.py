"""Pushed articles, through the door that a site's own system takes."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.edition.states import EditionState
from newsletter.edition.store import find_edition
from newsletter.gather.polling.push import CLOCKS_DIFFER, push_key, sign
from newsletter.gather.polling.sources import attach_source, put_source, unpolled_source_ids
from newsletter.gather.tables import SourceKind, article

Pusher = Callable[..., Any]
CRANES: dict[str, Any] = {
    "id": "node/7",
    "url": "https://paper.example/cranes",
    "title": "Cranes return to the bay",
    "published_at": "2026-03-02T09:30:00Z",
    "categories": ["Nature", "Coast"],
    "image": {"url": "https://paper.example/cranes.jpg", "caption": "A crane", "credit": "AFP"},
    "votes": 7,
}


@pytest.fixture
def source_id(scene: Any) -> int:
    """Give a source that pushes as ``cms``."""
    with scene.database.transaction() as connection:
        source_id = put_source(connection, "push:cms", SourceKind.PUSH)
        attach_source(connection, scene.newsletter.id, source_id)
    return source_id


@pytest.fixture
def push(scene: Any, source_id: int) -> Pusher:
    """Return what pushes articles as the site does; each part of it can be made wrong."""

    def push(*articles: object, content: bytes | None = None, **wrong: Any) -> Any:
        if content is None:
            content = json.dumps({"articles": articles}).encode()
        key = wrong.get("key", push_key(scene.services.tokens, source_id))
        headers = {
            "Newsletter-Source": wrong.get("source", "cms"),
            "Newsletter-Signature": wrong.get("signature", sign(key, content, wrong.get("at", scene.clock()))),
            "Accept": "application/json",
        }
        return scene.browser().post("/api/v1/articles", content=wrong.get("sent", content), headers=headers)

    return push


def stored(scene: Any) -> list[dict[str, Any]]:
    with scene.database.transaction() as connection:
        rows = connection.execute(sa.select(article).order_by(article.c.id))
        return [dict(row._mapping) for row in rows]


def test_a_pushed_article_is_stored_at_once(scene: Any, push: Pusher) -> None:
    """What the site says is what a feed would have said, and more."""
    answer = push(CRANES)
    assert (200, {"listed": 1, "new": 1}) == (answer.status_code, answer.json())
    (row,) = stored(scene)
    assert ("Cranes return to the bay", "Nature", 7, "https://paper.example/cranes.jpg", "A crane") == (
        row["title"],
        row["section"],
        row["votes"],
        row["image_url"],
        row["image_alt"],
    )


def test_pushing_again_changes_the_article(scene: Any, push: Pusher) -> None:
    """One article, however often the newsroom saves it."""
    push(CRANES)
    answer = push({**CRANES, "title": "Four hundred cranes return to the bay", "votes": 9})
    assert {"listed": 1, "new": 0} == answer.json()
    (row,) = stored(scene)
    assert ("Four hundred cranes return to the bay", 9) == (row["title"], row["votes"])


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"source": "other"}, "names no source"),
        ({"source": ""}, "names no source"),
        ({"signature": ""}, "missing"),
        ({"signature": "t=1,v1=abc"}, "another form"),
        ({"key": "0" * 32}, "does not fit"),
        ({"sent": b'{"articles": []}'}, "does not fit"),
    ],
    ids=["other", "nobody", "unsigned", "malformed", "forged", "changed"],
)
def test_nobody_else_can_push(scene: Any, push: Pusher, wrong: dict[str, Any], why: str) -> None:
    """A headline of a stranger's would go out under the newsroom's name."""
    answer = push(CRANES, **wrong)
    assert 401 == answer.status_code
    assert why in answer.json()["error"]
    assert [] == stored(scene)


@pytest.mark.parametrize("ago", [CLOCKS_DIFFER + timedelta(seconds=1), -CLOCKS_DIFFER - timedelta(seconds=1)])
def test_an_old_push_cannot_be_played_again(scene: Any, push: Pusher, ago: timedelta) -> None:
    """Whoever recorded one could bring back a headline that was withdrawn since."""
    answer = push(CRANES, at=scene.clock() - ago)
    assert 401 == answer.status_code
    assert "signed at" in answer.json()["error"]
    assert [] == stored(scene)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "content: Invalid JSON"),
        (b"[]", "content:"),
        (b'{"articles": []}', "articles:"),
        (json.dumps({"articles": [{**CRANES, "vote": 3}]}).encode(), "articles[0].vote"),
        (json.dumps({"articles": [CRANES, {**CRANES, "votes": -1}]}).encode(), "articles[1].votes"),
        (json.dumps({"articles": [{**CRANES, "published_at": "2026-03-02T09:30:00"}]}).encode(), "timezone"),
        (json.dumps({"articles": [CRANES, {**CRANES, "url": "javascript:alert(1)"}]}).encode(), "articles[1].url"),
        (json.dumps({"articles": [{**CRANES, "image": {"url": "x"}}]}).encode(), "articles[0].image.url"),
        (json.dumps({"articles": [{**CRANES, "votes": "7"}]}).encode(), "articles[0].votes"),
        (json.dumps({"articles": [{**CRANES, "title": "<b> </b>"}]}).encode(), "articles[0]"),
        (json.dumps({"articles": [CRANES] * 101}).encode(), "articles:"),
    ],
)
def test_of_a_faulty_push_nothing_is_stored(scene: Any, push: Pusher, content: bytes, why: str) -> None:
    """The answer names which article and which field, so that a developer can mend it."""
    answer = push(content=content)
    assert 422 == answer.status_code
    assert why in answer.json()["error"]
    assert [] == stored(scene)


def test_markup_in_a_push_is_only_text(scene: Any, push: Pusher) -> None:
    """Even the newsroom's own system may have been broken into."""
    push({**CRANES, "title": "Cranes <script>alert(1)</script>", "summary": "<img src=x onerror=alert(1)> A day."})
    (row,) = stored(scene)
    assert "Cranes" == row["title"]
    assert "<" not in row["summary"]


def test_an_edition_does_not_wait_for_a_source_that_pushes(scene: Any, source_id: int) -> None:
    """There is nothing to poll."""
    with scene.database.transaction() as connection:
        assert [] == unpolled_source_ids(connection, [source_id], scene.clock())


def test_more_than_a_push_may_hold_is_refused(push: Pusher) -> None:
    """A megabyte is a hundred articles with their summaries."""
    assert 413 == push(content=b" " * (1024 * 1024 + 1)).status_code


def test_the_interface_describes_itself(scene: Any) -> None:
    """A developer reads what can be pushed where it is pushed."""
    described = scene.browser().get("/api/v1/openapi.json").json()
    content = described["paths"]["/articles"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(CRANES) <= set(content["$defs"]["PushedArticle"]["properties"])


def test_what_is_not_there_says_so_in_json(scene: Any) -> None:
    """A program reads no pages."""
    answer = scene.browser().get("/api/v1/nothing")
    assert (404, "Not Found.") == (answer.status_code, answer.json()["error"])


@given(content=st.binary(max_size=200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_bytes_break_the_door(push: Pusher, content: bytes) -> None:
    """Signed or not, what is no push is told so."""
    assert 422 == push(content=content).status_code


def test_what_is_taken_back_stops_the_edition_that_is_going_out(scene: Any, push: Pusher) -> None:
    """The newsroom's word counts at once, not at the next tick."""
    titles = ["A mill opens", "A train returns", "A goat waits"]
    articles = [
        {"id": title, "url": f"https://paper.example/{number}", "title": title}
        for number, title in enumerate(titles)
    ]
    push(*articles)
    scene.add_reader("reader@example.com")
    scene.make_edition(ready_only=False)
    push({**articles[1], "withdrawn": True})
    with scene.database.transaction() as connection:
        edition = find_edition(connection, scene.newsletter.slug)
    assert EditionState.PAUSED is edition.state
    assert "A train returns" in edition.reason
