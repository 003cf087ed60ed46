"""Links from mails: GET and HEAD change nothing, one POST does what the page's button does."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.readers.store import Origin
from newsletter.readers.tables import consent, owed_letter, subscription
from newsletter.tokens import Purpose
from tests.readers.asking import ask_for

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def _link(scene: Any, purpose: Purpose, subscription_id: int) -> str:
    return f"/{purpose}/{scene.services.tokens.sign(purpose, subscription_id, scene.clock())}"


def _ask(scene: Any, address: str = "new@example.com") -> int:
    with scene.database.transaction() as connection:
        owed = ask_for(connection, scene.newsletter.id, address, Origin("form"), scene.clock())
    assert owed is not None
    return owed


def _state(scene: Any, subscription_id: int) -> str:
    with scene.database.transaction() as connection:
        query = sa.select(subscription.c.state).where(subscription.c.id == subscription_id)
        return str(connection.execute(query).scalar_one())


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.UNSUBSCRIBE])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_a_link_changes_nothing(scene: Any, purpose: Purpose, method: str) -> None:
    """Scanners may open every link of a mail as often as they like."""
    link = _link(scene, purpose, _ask(scene))
    before = scene.everything()
    for _ in range(2):
        answer = scene.browser().request(method, link)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert (method == "HEAD") == (answer.content == b"")
    assert scene.everything() == before
    assert scene.ringer.rung == []


def test_the_page_shows_whose_subscription_it_is(scene: Any) -> None:
    """Before pressing, a reader sees the newsletter and the address."""
    page = scene.browser().get(_link(scene, Purpose.CONFIRM, _ask(scene))).text
    assert "The Daily" in page
    assert "new@example.com" in page


def test_the_button_confirms_and_leads_to_a_page_without_the_token(scene: Any) -> None:
    """After confirming, the address is another, and the page says nothing personal; twice is once."""
    asked = _ask(scene)
    for _ in range(2):
        answer = scene.browser().post(_link(scene, Purpose.CONFIRM, asked))
        assert (answer.status_code, answer.headers["location"]) == (303, _link(scene, Purpose.WELCOME, asked))
    assert _state(scene, asked) == "active"
    with scene.database.transaction() as connection:
        last = connection.execute(sa.select(consent).order_by(consent.c.id.desc())).first()
    assert last is not None
    assert (last.event, last.how, last.network) == ("confirmed", "link", "203.0.113.0/24")
    assert "@" not in scene.browser().get(answer.headers["location"]).text


def test_an_old_link_leads_to_a_new_one(scene: Any) -> None:
    """After two days the link is refused, and the page says where to get another."""
    asked = _ask(scene)
    link = _link(scene, Purpose.CONFIRM, asked)
    scene.clock.pass_by(timedelta(hours=49))
    for method in ("GET", "POST"):
        answer = scene.browser().request(method, link)
        assert answer.status_code == 403
        assert "Ask for a new link" in answer.text
    assert _state(scene, asked) == "unconfirmed"


@pytest.mark.parametrize(
    "sent",
    [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}, {}],
    ids=["form-encoded", "multipart", "nothing"],
)
def test_one_post_leaves(scene: Any, sent: dict[str, Any]) -> None:
    """RFC 8058: no cookie, no redirect, any encoding; a second time changes nothing."""
    reader = scene.add_reader("reader@example.com")
    link = _link(scene, Purpose.UNSUBSCRIBE, reader)
    scene.clock.pass_by(timedelta(days=900))
    first = scene.browser().post(link, **sent)
    after = scene.everything()
    second = scene.browser().post(link, **sent)
    assert [first.status_code, second.status_code] == [200, 200]
    assert "set-cookie" not in first.headers
    assert _state(scene, reader) == "unsubscribed"
    assert scene.everything() == after


def test_the_pages_button_posts_what_a_mail_program_posts(scene: Any) -> None:
    """People and programs leave by the same door."""
    reader = scene.add_reader("reader@example.com")
    page = scene.browser().get(_link(scene, Purpose.UNSUBSCRIBE, reader)).text
    assert '<input type="hidden" name="List-Unsubscribe" value="One-Click">' in page
    assert '<form method="post" action="?from=page">' in page


def test_who_confirms_is_welcomed_and_who_leaves_by_our_page_is_answered(scene: Any) -> None:
    """A worker is rung for the letter after the commit; twice is once, and one click asks for no answer."""
    asked = _ask(scene)
    confirming = _link(scene, Purpose.CONFIRM, asked)
    scene.browser().post(confirming)
    assert [Bell(TaskName.SUBMIT_LETTER, 1)] == scene.ringer.rung
    with scene.database.transaction() as connection:
        connection.execute(sa.update(owed_letter).values(mail_due_at=None))
    leaving = _link(scene, Purpose.UNSUBSCRIBE, asked)
    for _ in range(2):
        scene.browser().post(f"{leaving}?from=page", data=ONE_CLICK)
    assert {Bell(TaskName.SUBMIT_LETTER, 1), Bell(TaskName.SUBMIT_LETTER, 2)} == set(scene.ringer.rung)
    with scene.database.transaction() as connection:
        kinds = connection.execute(sa.select(owed_letter.c.kind).order_by(owed_letter.c.id)).scalars()
        assert ["welcome", "goodbye"] == list(kinds)
        doors = connection.execute(sa.select(consent.c.how).order_by(consent.c.id)).scalars()
        assert ["form", "link", "page"] == list(doors)


def test_one_click_is_not_answered(scene: Any) -> None:
    """A mail program's button rings for nothing, and is noted as what it is."""
    reader = scene.add_reader("reader@example.com")
    scene.browser().post(_link(scene, Purpose.UNSUBSCRIBE, reader), data=ONE_CLICK)
    assert [] == scene.ringer.rung
    with scene.database.transaction() as connection:
        last = sa.select(consent.c.how).order_by(consent.c.id.desc()).limit(1)
        assert "one-click" == connection.execute(last).scalar_one()


def test_an_erased_subscription_is_not_found(scene: Any) -> None:
    """A good token for somebody who is erased says that there is nothing left to leave."""
    answer = scene.browser().post(_link(scene, Purpose.UNSUBSCRIBE, 999))
    assert answer.status_code == 404
    assert "nothing left to leave" in answer.text


def test_tokens_stay_out_of_the_log(scene: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a good link nor a bad one is written down."""
    link = _link(scene, Purpose.UNSUBSCRIBE, scene.add_reader("reader@example.com"))
    with caplog.at_level("DEBUG", logger="newsletter"):
        scene.browser().post(link)
        scene.browser().get(link[:-1])
    assert link[-20:-1] not in "".join(
        record.getMessage() for record in caplog.records if "httpx" not in record.name
    )
