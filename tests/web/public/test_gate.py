"""The gate, seen from the street: bombs become one mail, and the door tells nobody who reads us."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter import tasks
from newsletter.bell import TaskName
from newsletter.delivery.transport import MemoryTransport
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter
from newsletter.readers.store import find_reader
from newsletter.readers.tables import sign_up, suppression
from newsletter.tokens import Purpose
from newsletter.web.public.form_token import make_form_token


def form(scene: Any, address: str) -> dict[str, str]:
    """Return a form that was shown a moment ago and filled in by a person."""
    shown_at = scene.clock() - timedelta(seconds=9)
    return {"address": address, "token": make_form_token(scene.services.tokens, shown_at)}


def send(scene: Any, address: str, host: str = "203.0.113.77", **headers: str) -> Any:
    """Send the form from somewhere."""
    browser = scene.browser()
    browser._transport.client = (host, 50_000)
    return browser.post("/subscribe", data=form(scene, address), headers=headers)


def count_sign_ups(scene: Any) -> int:
    with scene.database.transaction() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(sign_up)).scalar_one())


@contextmanager
def statements(scene: Any) -> Iterator[list[str]]:
    """Collect the statements that the app executes, without their values."""
    said: list[str] = []

    def listen(_: object, __: object, statement: str, *___: object) -> None:
        said.append(statement)

    sa.event.listen(scene.database.engine, "before_cursor_execute", listen)
    yield said
    sa.event.remove(scene.database.engine, "before_cursor_execute", listen)


def work_off(scene: Any) -> list[str]:
    """Do what the rung bells ask for, until none is left; return to whom mail went."""
    transport = MemoryTransport()
    vars(scene.services)["post"] = replace(scene.services.post, transport=transport)
    does = {
        TaskName.HANDLE_SIGN_UP: tasks.decide_sign_up,
        TaskName.SUBMIT_CONFIRMATION: tasks.confirm_subscription,
    }
    rung = scene.ringer.rung
    while rung:
        bell = rung.pop(0)
        does[bell.task](scene.services, bell.id)
    return [each.envelope_to for each in transport.submitted]


def test_five_hundred_sign_ups_for_one_address_are_one_mail(scene: Any) -> None:
    """From two hundred networks, in all spellings, at one moment: the bombed mailbox has one mail."""
    spellings = ("victim@example.com", "Victim@Example.com", "VICTIM@EXAMPLE.COM")
    answers = {
        (answer.status_code, answer.headers["location"])
        for number in range(500)
        for answer in [send(scene, spellings[number % 3], f"198.18.{number % 200}.{number % 250}")]
    }
    assert {(303, "/subscribed")} == answers
    assert 500 == count_sign_ups(scene)
    assert 1 == len(work_off(scene))
    assert 0 == count_sign_ups(scene)


def test_the_same_statements_for_everybody(scene: Any) -> None:
    """Known, unknown and suppressed addresses are not even looked up: nothing there is to be timed."""
    scene.add_reader("known@example.com")
    with scene.database.transaction() as connection:
        connection.execute(
            sa.insert(suppression).values(canonical_address="never@example.com", reason="complaint")
        )
    send(scene, "first@example.com")
    heard = {}
    for who in ("known", "unknown", "never"):
        with statements(scene) as said:
            send(scene, f"{who}@example.com")
        heard[who] = said
    assert heard["known"] == heard["unknown"] == heard["never"]
    assert any("INSERT INTO sign_up" in each for each in heard["known"])
    assert not any("subscriber" in each or "suppression" in each for each in heard["known"])


def test_a_network_that_asks_too_often_is_answered_as_ever(make_scene: Callable[..., Any]) -> None:
    """Beyond its share the answer is the same, byte for byte, and nothing is stored; others are not concerned."""
    scene = make_scene(sign_ups_per_network=4)
    answers = {
        (answer.status_code, answer.content, repr(answer.headers))
        for number in range(6)
        for answer in [send(scene, f"reader{number}@example.com", f"203.0.113.{number}")]
    }
    assert 1 == len(answers)
    assert 2 == count_sign_ups(scene)
    send(scene, "reader@example.com", "203.0.114.1")
    assert 3 == count_sign_ups(scene)
    scene.clock.pass_by(timedelta(hours=1))
    send(scene, "reader@example.com", "203.0.113.9")
    assert 4 == count_sign_ups(scene)


def test_a_household_of_many_addresses_is_one(make_scene: Callable[..., Any]) -> None:
    """Whoever has a /56 of IPv6 has one share, from whichever of its addresses they write."""
    scene = make_scene(sign_ups_per_network=4)
    for number in range(6):
        send(scene, f"reader{number}@example.com", f"2001:db8:1:12{number:02x}::{number}")
    assert 2 == count_sign_ups(scene)
    send(scene, "reader@example.com", "2001:db8:1:1300::1")
    assert 3 == count_sign_ups(scene)


@pytest.mark.parametrize("proxies", ["", "203.0.113.0/24"])
def test_an_invented_way_is_no_way_around(make_scene: Callable[..., Any], proxies: str) -> None:
    """A header that names another network each time moves nobody, behind a proxy of ours or without one."""
    scene = make_scene(sign_ups_per_network=4, trusted_proxies=proxies)
    for number in range(6):
        way = f"198.51.{number}.1" + (", 192.0.2.1" if proxies else "")
        send(scene, f"reader{number}@example.com", "203.0.113.77", **{"X-Forwarded-For": way})
    assert 2 == count_sign_ups(scene)


def test_behind_a_proxy_of_ours_each_has_a_share(make_scene: Callable[..., Any]) -> None:
    """Whom a trusted proxy names is counted, and kept as the network that the wish came over."""
    scene = make_scene(sign_ups_per_network=2, trusted_proxies="203.0.113.0/24")
    for number in range(3):
        headers = {"X-Forwarded-For": f"198.51.{number}.1"}
        send(scene, f"reader{number}@example.com", "203.0.113.77", **headers)
    with scene.database.transaction() as connection:
        networks = connection.execute(sa.select(sign_up.c.network).order_by(sign_up.c.id)).scalars().all()
    assert [f"198.51.{number}.0/24" for number in range(3)] == networks


def test_one_mail_names_all_and_one_button_confirms_all(scene: Any) -> None:
    """A wish for two newsletters is one mail; its page names both, and one press makes both active."""
    with scene.database.transaction() as connection:
        add_newsletter(connection, NewsletterSettings("evening", "The Evening", "P", "e@paper.example"))
    data = {**form(scene, "new@example.com"), "newsletter": ["daily", "evening"]}
    assert 303 == scene.browser().post("/subscribe", data=data).status_code
    assert ["new@example.com"] == work_off(scene)
    with scene.database.transaction() as connection:
        lead = connection.execute(sa.text("SELECT min(id) FROM subscription")).scalar_one()
        made_at = connection.execute(sa.text("SELECT max(requested_at) FROM subscription")).scalar_one()
    scene.clock.at = made_at
    link = f"/confirm/{scene.services.tokens.sign(Purpose.CONFIRM, lead, made_at)}"
    page = scene.browser().get(link).text
    assert all(f"<bdi>{name}</bdi></li>" in page for name in ("The Daily", "The Evening"))
    assert 303 == scene.browser().post(link).status_code
    with scene.database.transaction() as connection:
        assert [("daily", "active"), ("evening", "active")] == find_reader(connection, "new@example.com")
    assert {TaskName.SUBMIT_LETTER} == {each.task for each in scene.ringer.rung}
    assert 2 == len(scene.ringer.rung)
