"""Counted links: a reader gets to the article, a forger nowhere, and only a newsletter that asked learns of it."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.delivery.messages.composer import load_copy, personal_values
from newsletter.edition.rendering.slots import Slot
from newsletter.insight.clicks import count_clicks
from newsletter.insight.tables import click
from newsletter.publication.newsletters import change_newsletter
from newsletter.readers.tables import subscription
from newsletter.tokens import Purpose

TITLES = ["A mill opens", "A train returns", "A goat waits"]
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Accept-Language": "en"}


@pytest.fixture
def reader(scene: Any) -> int:
    """Give a reader to whom an edition with counted links is being sent."""
    track(scene, "yes")
    reader_id = scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    scene.make_edition(ready_only=False)
    return int(reader_id)


def track(scene: Any, answer: str) -> None:
    """Let the newsletter track clicks, or let it be."""
    with scene.database.transaction() as connection:
        change_newsletter(connection, scene.newsletter.slug, {"track_clicks": answer})


def prefix(scene: Any, reader: int, edition_id: int = 1) -> str:
    """Return a reader's own path, before the number of a link."""
    return f"/c/{scene.services.tokens.pair_signer(Purpose.CLICK, edition_id)(reader)}"


def clicks(scene: Any) -> list[tuple[Any, ...]]:
    """Return what is recorded."""
    with scene.database.transaction() as connection:
        return [tuple(row) for row in connection.execute(sa.select(click).order_by(click.c.number))]


def test_a_click_leads_to_the_article(scene: Any, reader: int) -> None:
    """302 to the stored address, kept by no cache and told to no site; every link that the edition shows works."""
    with scene.database.transaction() as connection:
        content = load_copy(scene.services.post, 1).content
    assert 3 == len(content.links)
    for number, url in enumerate(content.links, start=1):
        answer = scene.browser().get(f"{prefix(scene, reader)}/{number}", headers=BROWSER)
        assert (302, url) == (answer.status_code, answer.headers["location"])
        assert "no-store" == answer.headers["cache-control"]
        assert "no-referrer" == answer.headers["referrer-policy"]
    with scene.database.transaction() as connection:
        assert dict.fromkeys(content.links, 1) == count_clicks(connection, 1)


def test_the_links_of_the_mail_are_the_ones_that_lead(scene: Any, reader: int) -> None:
    """What stands in a reader's content is exactly what the door answers to."""
    copy = load_copy(scene.services.post, 1)
    own = personal_values(scene.services.post, copy, reader, "reader@example.com")[Slot.CLICK]
    assert f"{scene.services.settings.public_url}{prefix(scene, reader)}" == own


def test_a_click_is_recorded_once(scene: Any, reader: int) -> None:
    """Whose, which, when, whether by a machine: no more, and not again however often it is followed."""
    link = f"{prefix(scene, reader)}/2"
    for _ in range(3):
        scene.browser().get(link, headers=BROWSER)
    assert [(1, 2, reader, False, scene.clock())] == clicks(scene)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", BROWSER),
        ("GET", {**BROWSER, "Sec-Purpose": "prefetch;prerender"}),
        ("GET", {**BROWSER, "User-Agent": "Mozilla/5.0 (compatible; ExampleBot/2.1)"}),
        ("GET", {"User-Agent": BROWSER["User-Agent"]}),
        ("GET", {**BROWSER, "User-Agent": ""}),
    ],
)
def test_machines_are_led_on_and_not_counted(
    scene: Any, reader: int, method: str, headers: dict[str, str]
) -> None:
    """Scanners and previews get the same answer; they are told apart from readers."""
    answer = scene.browser().request(method, f"{prefix(scene, reader)}/1", headers=headers)
    assert 302 == answer.status_code
    assert [(1, 1, reader, True)] == [row[:4] for row in clicks(scene)]
    with scene.database.transaction() as connection:
        assert {} == count_clicks(connection, 1)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_click_changes_no_subscription(scene: Any, reader: int, method: str) -> None:
    """Of all that is stored, only the clicks differ."""
    before = scene.everything()
    scene.browser().request(method, f"{prefix(scene, reader)}/1", headers=BROWSER)
    after = scene.everything()
    assert {"click"} == {name for name in before if before[name] != after[name]}


def test_nothing_is_recorded_unless_the_newsletter_tracks(scene: Any, reader: int) -> None:
    """Switched off, even links that are out already lead on without a trace."""
    track(scene, "no")
    assert 302 == scene.browser().get(f"{prefix(scene, reader)}/1", headers=BROWSER).status_code
    assert [] == clicks(scene)


def test_an_erased_reader_leaves_no_trace(scene: Any, reader: int) -> None:
    """Clicks go with the subscription; the links of an old mail still lead on."""
    scene.browser().get(f"{prefix(scene, reader)}/1", headers=BROWSER)
    with scene.database.transaction() as connection:
        connection.execute(sa.delete(subscription).where(subscription.c.id == reader))
    assert [] == clicks(scene)
    assert 302 == scene.browser().get(f"{prefix(scene, reader)}/1", headers=BROWSER).status_code
    assert [] == clicks(scene)


def test_forged_clicks_are_not_found(scene: Any, reader: int) -> None:
    """A changed token, another purpose's, another edition's number, or a number that is none: 404, no trace."""
    good = prefix(scene, reader)
    token = good.removeprefix("/c/")
    swapped = "A" if token[5] != "A" else "B"
    borrowed = scene.services.tokens.sign(Purpose.UNSUBSCRIBE, reader, scene.clock())
    tokens = [token[:-1], f"{token}A", f"{token[:5]}{swapped}{token[6:]}", borrowed, "x", "%00", "a%2Fb"]
    paths = [f"/c/{each}/1" for each in tokens]
    paths += [
        f"{good}/{number}" for number in ("0", "01", "4", "99999", "9" * 5000, "-1", "1x", "%D9%A1", "1/2", "")
    ]
    paths += [f"{prefix(scene, reader, 2)}/1", good, "/c/", f"{good}/1?to=https://elsewhere.example"][:3]
    for path in paths:
        assert 404 == scene.browser().get(path, headers=BROWSER).status_code, path
    assert [] == clicks(scene)


def test_nothing_in_a_request_changes_where_it_leads(scene: Any, reader: int) -> None:
    """There is no open redirect: neither query nor headers name the place."""
    asked = f"{prefix(scene, reader)}/1?url=https://elsewhere.example"
    answer = scene.browser().get(asked, headers={**BROWSER, "Referer": "https://elsewhere.example"})
    assert answer.headers["location"].startswith("https://paper.example/")


def test_the_archive_and_the_console_show_the_links_themselves(scene: Any, editor: Any, reader: int) -> None:
    """Nobody's copy has nobody's links: the articles' own, in HTML and in text."""
    pages = [
        scene.browser().get("/archive/daily/2026-03-02").text,
        editor.get("/console/editions/1/preview").text,
        editor.get("/console/editions/1").text,
    ]
    for page in pages:
        assert "/c/" not in page
        assert "sclickx" not in page
        assert 3 == len(set(re.findall(r"https://paper\.example/news/[0-9]", page)))


def test_without_tracking_there_are_no_such_links(scene: Any) -> None:
    """The way it is unless somebody switched it on: articles' own links, and no table of any."""
    scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    scene.make_edition(ready_only=False)
    content = load_copy(scene.services.post, 1).content
    assert () == content.links
    assert "sclickx" not in content.html + content.text
    assert 404 == scene.browser().get(f"{prefix(scene, 1)}/1", headers=BROWSER).status_code
