"""The four feeds are what their formats promise, for a parser that is not ours."""

import json
from calendar import timegm
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from starlette.testclient import TestClient

from newsletter.sample.identity import SAMPLE_SOURCES
from newsletter.sample.paper import in_blogs, in_news, in_section, on_show

XML_FEEDS = {"/feeds/news.xml": "rss20", "/feeds/region.atom": "atom10", "/feeds/world.rdf": "rss10"}
every_xml_feed = pytest.mark.parametrize("path", XML_FEEDS)
every_feed = pytest.mark.parametrize("path", [source.path for source in SAMPLE_SOURCES])


def parsed(client: TestClient, path: str) -> Any:
    """Ask for a feed and parse what comes."""
    feed = feedparser.parse(client.get(path).content)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def headlines(path: str, now: datetime) -> list[str]:
    """Give the headlines that a feed owes its readers."""
    shown = on_show(now)
    chosen = {
        "/feeds/news.xml": in_news(shown),
        "/feeds/region.atom": in_section(shown, "Region"),
        "/feeds/world.rdf": in_section(shown, "World"),
        "/feeds/blog.json": in_blogs(shown),
    }
    return [one.article.headline for one in chosen[path]]


@every_xml_feed
def test_format_and_headlines(client: TestClient, noon: datetime, path: str) -> None:
    """Each XML feed is well formed, of its own format, and carries its articles in the editors' order."""
    feed = parsed(client, path)
    assert feed.version == XML_FEEDS[path]
    assert [entry.title for entry in feed.entries] == headlines(path, noon)


@every_xml_feed
def test_facts_of_each_article(client: TestClient, noon: datetime, path: str) -> None:
    """Link, date, author, section, summary, picture, votes and comments all arrive."""
    known = {one.article.headline: one for one in on_show(noon)}
    for entry in parsed(client, path).entries:
        one = known[entry.title]
        seconds = timegm(entry.get("published_parsed") or entry.updated_parsed)
        assert f"http://testserver{one.path}" == entry.link
        assert one.published_at == datetime.fromtimestamp(seconds, UTC)
        assert one.article.author == entry.author
        assert one.article.section == entry.tags[0].term
        assert one.article.summary == entry.summary
        assert entry.media_content[0]["url"].endswith(f"/pictures/{one.article.picture.name}.jpg")
        assert str(one.article.votes) == entry.nl_votes
        assert str(one.article.comments) == entry.slash_comments


def test_the_news_feed_is_not_sorted_by_date(client: TestClient) -> None:
    """The editors' order is their own."""
    dates = [entry.published_parsed for entry in parsed(client, "/feeds/news.xml").entries]
    assert dates != sorted(dates, reverse=True)


def test_guids_of_the_news_feed_are_no_links(client: TestClient) -> None:
    """A guid is an identity that carries the day, not an address."""
    for entry in parsed(client, "/feeds/news.xml").entries:
        assert entry.guidislink is False
        assert entry.id.startswith("tag:lantern.example,2026-11-2")


def test_json_feed(client: TestClient, noon: datetime) -> None:
    """The blogs come as JSON Feed 1.1 with our extension."""
    answer = client.get("/feeds/blog.json")
    feed = json.loads(answer.content)
    first, shown = feed["items"][0], in_blogs(on_show(noon))[0]
    assert answer.headers["content-type"] == "application/feed+json"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [one["title"] for one in feed["items"]] == headlines("/feeds/blog.json", noon)
    assert first["url"] == f"http://testserver{shown.path}"
    assert first["_newsletter"] == {"votes": shown.article.votes, "comments": shown.article.comments}
    assert datetime.fromisoformat(first["date_published"]) == shown.published_at


@every_feed
@pytest.mark.parametrize(("asked", "told"), [("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")])
def test_a_client_that_holds_the_feed_is_told_so(client: TestClient, path: str, asked: str, told: str) -> None:
    """A conditional GET with either validator is answered by 304 and nothing else."""
    first = client.get(path)
    second = client.get(path, headers={asked: first.headers[told]})
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["ETag"] == first.headers["ETag"]


@every_feed
def test_a_client_with_another_version_gets_the_feed(client: TestClient, path: str, noon: datetime) -> None:
    """An old tag wins over a date that would match, and a date that is no date is ignored."""
    today = client.get(path).headers["Last-Modified"]
    assert client.get(path, headers={"If-None-Match": '"old"', "If-Modified-Since": today}).status_code == 200
    assert client.get(path, headers={"If-Modified-Since": "yesterday"}).status_code == 200


@every_feed
def test_nothing_changes_within_minutes(visit: Any, path: str, noon: datetime) -> None:
    """Two requests minutes apart get the same bytes as long as no article came out in between."""
    assert visit(noon).get(path).content == visit(noon + timedelta(minutes=5)).get(path).content
