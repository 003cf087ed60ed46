"""The archive as a feed, read by somebody else's reader."""

from typing import Any

import feedparser
import lxml.etree
import lxml.html
import sqlalchemy as sa

from newsletter.gather.tables import article
from newsletter.publication.newsletters import change_newsletter

FEED = "/archive/daily/feed.xml"
ATOM = "{http://www.w3.org/2005/Atom}"


def _sent(scene: Any, titles: list[str], **settings: str) -> None:
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", settings)
    scene.add_reader("reader@example.com")
    scene.gather(titles)
    scene.make_edition(ready_only=False)


def test_a_feed_reader_reads_it(scene: Any) -> None:
    """What RFC 4287 asks for is there: ids, dates, an author, links, and each edition in full."""
    _sent(scene, ["A mill opens", "A & B <i>win</i>", "A goat waits"], tagline="News & more")
    answer = scene.browser().get(FEED)
    assert "application/atom+xml; charset=utf-8" == answer.headers["content-type"]
    found = feedparser.parse(answer.content)
    home = f"{scene.services.settings.public_url}/archive/daily"
    assert not found.bozo
    assert ("atom10", "The Daily", "News & more", f"{home}/feed.xml", "The Paper") == (
        *(found.version, found.feed.title, found.feed.subtitle),
        *(found.feed.id, found.feed.author),
    )
    assert {"self": f"{home}/feed.xml", "alternate": home} == {each.rel: each.href for each in found.feed.links}
    (told,) = found.entries
    assert "tag:localhost,2026-03-02:daily/2026-03-02" == told.id
    assert ("2026-03-02T12:00:00+00:00", "2026-03-02T12:00:00+00:00") == (told.published, told.updated)
    assert f"{home}/2026-03-02" == told.link
    assert "A &amp; B" in told.content[0].value
    assert "text/html" == told.content[0].type


def test_its_content_is_a_part_of_a_page(scene: Any) -> None:
    """No head, no script, no link of a reader's own: what may stand in a page's <div> (RFC 4287 §3.1.1.3)."""
    _sent(scene, ["A mill opens", "<script>alert(1)</script>", "A goat waits"])
    tree = lxml.etree.fromstring(scene.browser().get(FEED).content)
    content = tree.find(f"{ATOM}entry/{ATOM}content")
    assert content is not None
    assert ("html", 0) == (content.get("type"), len(content))
    html = str(content.text)
    strange = ("<html", "<head", "<body", "<script", "/unsubscribe/")
    assert [] == [each for each in strange if each in html]
    assert "&lt;script&gt;" in html
    assert "A mill opens" in lxml.html.fragment_fromstring(html, create_parent="div").text_content()


def test_a_correction_changes_the_entry_and_not_its_name(scene: Any) -> None:
    """A reader's program shows it once more, as the same."""
    _sent(scene, ["A mill opens", "A train returns", "A goat waits"])
    (before,) = feedparser.parse(scene.browser().get(FEED).content).entries
    with scene.database.transaction() as connection:
        told = {"correction": "It opens\x08 in May.", "corrected_at": scene.clock.at.replace(hour=13)}
        connection.execute(sa.update(article).where(article.c.title == "A mill opens").values(told))
    found = feedparser.parse(scene.browser().get(FEED).content)
    (after,) = found.entries
    assert not found.bozo
    assert before.id == after.id
    assert before.published == after.published
    assert "2026-03-02T13:00:00+00:00" == after.updated == found.feed.updated
    assert "It opens in May." in after.content[0].value


def test_each_language_is_a_feed(scene: Any) -> None:
    """The same edition in another language is another entry."""
    _sent(scene, ["A mill opens", "A train returns", "A goat waits"], languages="ar")
    found = feedparser.parse(scene.browser().get(f"{FEED}?lang=ar").content)
    home = f"{scene.services.settings.public_url}/archive/daily"
    assert (f"{home}/feed.xml?lang=ar", "ar") == (found.feed.id, found.feed.language)
    assert "tag:localhost,2026-03-02:daily/2026-03-02/ar" == found.entries[0].id
    assert f"{home}/2026-03-02?lang=ar" == found.entries[0].link


def test_a_newsletter_without_editions_has_a_feed(scene: Any) -> None:
    """It can be followed from the first day."""
    found = feedparser.parse(scene.browser().get(FEED).content)
    assert (False, [], "The Daily") == (bool(found.bozo), found.entries, found.feed.title)
    assert found.feed.updated


def test_the_index_and_each_edition_name_it(scene: Any) -> None:
    """A browser finds it from either."""
    _sent(scene, ["A mill opens", "A train returns", "A goat waits"])
    for path in ("/archive/daily", "/archive/daily/2026-03-02"):
        page = lxml.html.document_fromstring(scene.browser().get(path).text)
        (link,) = page.cssselect("head link[rel=alternate][type='application/atom+xml']")
        assert str(link.get("href")).endswith(FEED)
