"""The sample's pages hold what a newspaper's pages hold."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import html
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from newsletter.sample.article import all_articles
from newsletter.sample.paper import PublishedArticle, on_show, published
from newsletter.sample.site import create_site


def page(client: TestClient, path: str) -> Any:
    """Ask for a page and parse it."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.startswith("<!doctype html>")
    return html.fromstring(answer.text)


def classic() -> PublishedArticle:
    """Give the article whose page has the older shape, in the latest paper it was in."""
    article = next(one for one in all_articles() if one.layout == "classic")
    day = datetime(2026, 11, 20, tzinfo=UTC).date()
    return published(
        article, day if bool(day.toordinal() % 2) == (article.days == "odd") else day - timedelta(days=1)
    )


def test_front_page_links_every_article(client: TestClient, noon: datetime) -> None:
    """All that is out can be reached from the front page, and every link there leads somewhere."""
    links = set(page(client, "/").xpath("//article//a/@href"))
    assert links == {f"http://testserver{one.path}" for one in on_show(noon)}
    assert all(client.get(link).status_code == 200 for link in links)


def test_front_page_names_the_feeds(client: TestClient) -> None:
    """Feed readers find all four feeds."""
    feeds = page(client, "/").xpath("//link[@rel='alternate']/@href")
    assert [client.get(feed).status_code for feed in feeds] == [200] * 4


@pytest.mark.parametrize("name", ["town", "region", "world", "business", "culture", "sport"])
def test_section_pages(client: TestClient, name: str) -> None:
    """Each section has a page with its own articles only."""
    assert set(page(client, f"/section/{name}").xpath("//article/p[@class='section']/text()")) == {
        name.capitalize()
    }


def test_page_tells_its_facts_to_machines(client: TestClient, noon: datetime) -> None:
    """og: tags and JSON-LD agree with the article."""
    for one in on_show(noon):
        if one.article.layout:
            continue
        document = page(client, one.path)
        facts = json.loads(document.xpath("string(//script[@type='application/ld+json'])"))
        assert document.xpath("string(/html/@lang)") == "en"
        assert document.xpath("string(//meta[@property='og:title']/@content)") == one.article.headline
        assert document.xpath("string(//meta[@property='og:url']/@content)") == f"http://testserver{one.path}"
        assert facts["headline"] == one.article.headline
        assert datetime.fromisoformat(facts["datePublished"]) == one.published_at
        assert facts["image"]["caption"] == one.article.caption
        assert facts.get("dateline", "") == one.article.dateline


def test_the_classic_page_has_its_facts_in_the_markup_alone(visit: Any) -> None:
    """The page in the older shape shows all its facts, and none of them in og: tags or JSON-LD."""
    one = classic()
    document = page(visit(one.published_at), one.path)

    def text(query: str) -> str:
        return str(document.xpath(f"normalize-space({query})"))

    date = one.published_at.strftime("%b %d,%Y")
    assert text("//h1") == one.article.headline
    assert text("//link[@rel='canonical']/@href") == f"http://testserver{one.path}"
    assert text("//div[@class='submitted']") == f"{date} - Last updated at {date}"
    assert text("//span[@class='author']") == "By Vidar Ulfsen"
    assert text("//div[@class='breadcrumb']").startswith("Home » Region » ")
    assert text("//img/@src") == f"http://testserver/pictures/{one.article.picture.name}.jpg"
    assert text("//div[@class='image-caption']").endswith("mill reopened (HPA photo)")
    assert text("//div[contains(@class, 'field-item ')]/p[1]").startswith("SALTMARSH, Norvia — The last working")
    assert len(document.xpath("//div[contains(@class, 'field-item ')]/h2")) == 2
    assert text("//div[@class='rate-info']") == "7 users have voted."
    assert one.article.votes == 7
    assert text("/html/@lang") == "en"
    assert not document.xpath("//meta[@property] | //script")


def test_old_pages_still_resolve_and_future_ones_do_not(visit: Any, noon: datetime) -> None:
    """An address is good for ever from the moment the article comes out."""
    one = on_show(noon)[0]
    assert visit(noon + timedelta(days=400)).get(one.path).status_code == 200
    assert visit(one.published_at - timedelta(minutes=1)).get(one.path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/nothing", "/section/gossip", "/pictures/harbour-999.jpg", "/news/2026/99/99/x"]
)
def test_what_does_not_exist_is_not_found(client: TestClient, path: str) -> None:
    """Unknown addresses answer 404."""
    assert client.get(path).status_code == 404


def test_pictures_and_style_are_served(client: TestClient, noon: datetime) -> None:
    """A page's picture and stylesheet come with their types."""
    picture = client.get(f"/pictures/{on_show(noon)[0].article.picture.name}.jpg")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert client.get("/style.css").headers["content-type"].startswith("text/css")


def test_mounted_below_a_path_every_link_carries_it(noon: datetime, pytestconfig: pytest.Config) -> None:
    """Under /sample the links on the pages and in the feeds lead back under /sample."""
    site = create_site("http://testserver/sample/", lambda: noon, (pytestconfig.rootpath / "templates",))
    with TestClient(Starlette(routes=[Mount("/sample", site)])) as client:
        links = page(client, "/sample/").xpath("//a/@href | //img/@src | //link/@href")
        assert all(link.startswith("http://testserver/sample/") for link in links)
        assert client.get("/sample/feeds/news.xml").status_code == 200
