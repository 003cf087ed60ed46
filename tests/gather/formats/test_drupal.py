"""Drupal's JSON:API read into articles."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Article, Feed
from newsletter.gather.formats.drupal import drupal_url, parse_drupal

ROOT = "https://news.example"
SITE = f"{ROOT}/en"
BASE = f"{SITE}/jsonapi/node/article?sort=-created"
FACTS: dict[str, Any] = {
    "drupal_internal__nid": 7,
    "status": True,
    "langcode": "en",
    "title": "Ferry & bridge",
    "created": "2026-08-13T06:24:00+02:00",
    "changed": "2026-08-13T09:00:00+00:00",
    "promote": True,
    "sticky": False,
    "path": {"alias": "/region/ferry", "pid": 3, "langcode": "en"},
    "body": {
        "value": "<p>Whole text.</p>",
        "processed": "<p>Whole text.</p>",
        "summary": "The line opens in May.",
    },
    "comment": {"comment_count": 2},
}


def to(kind: str, name: str, **meta: str) -> dict[str, Any]:
    """Refer to another entity."""
    return {"data": {"type": kind, "id": name, "meta": meta}}


def entity(kind: str, name: str, facts: dict[str, Any], **relations: Any) -> dict[str, Any]:
    """Write an entity."""
    return {"type": kind, "id": name, "attributes": facts, "relationships": relations}


def node(name: str = "n-7", *, relations: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """Write an article's node, with these facts changed."""
    return entity("node--article", name, {**FACTS, **facts}, **(relations or {}))


RELATIONS: dict[str, Any] = {
    "uid": to("user--user", "u"),
    "field_tags": {
        "data": [{"type": "taxonomy_term--tags", "id": "t"}, {"type": "taxonomy_term--tags", "id": "x"}]
    },
    "field_section": to("taxonomy_term--sections", "s"),
    "field_image": to("file--file", "f", alt="The boat at noon", title="Harbour. Photo: AFP"),
    "field_other": {"data": None},
}
INCLUDED = [
    entity("user--user", "u", {"display_name": "Ida Dahl"}),
    entity("taxonomy_term--tags", "t", {"name": "Traffic"}),
    entity("taxonomy_term--sections", "s", {"name": "Region"}),
    entity("file--file", "f", {"filemime": "image/jpeg", "uri": {"url": "/sites/default/files/i.jpg"}}),
    entity("media--image", "m", {"name": "boat"}, field_media_image=to("file--file", "f", alt="A boat")),
    entity("file--file", "p", {"filemime": "application/pdf", "uri": {"url": "/sites/default/files/p.pdf"}}),
]


def read(*nodes: Any, included: Any = INCLUDED, base: str = BASE) -> Feed:
    """Read a collection of nodes."""
    return parse_drupal(
        json.dumps({"data": nodes, "included": included}).encode(), base, "application/vnd.api+json"
    )


def test_a_node_is_read_whole() -> None:
    """Alias, both dates, language, the section before the tags, the image with its alt and credit, comments."""
    assert read(node(relations=RELATIONS)).articles == (
        Article(
            title="Ferry & bridge",
            url=f"{SITE}/region/ferry",
            guid="n-7",
            published_at=datetime(2026, 8, 13, 4, 24, tzinfo=UTC),
            updated_at=datetime(2026, 8, 13, 9, tzinfo=UTC),
            author="Ida Dahl",
            section="Region",
            categories=("Region", "Traffic"),
            image_url="https://news.example/sites/default/files/i.jpg",
            image_alt="The boat at noon",
            credit="AFP",
            summary="The line opens in May.",
            language="en",
            position=1,
            comments=2,
        ),
    )


def test_an_image_may_stand_behind_a_media_entity() -> None:
    """The alt is the one that is written where the file is used."""
    (article,) = read(node(relations={"field_media": to("media--image", "m")})).articles
    assert (article.image_url, article.image_alt) == ("https://news.example/sites/default/files/i.jpg", "A boat")


def test_a_file_that_is_no_image_is_none() -> None:
    """A node's attachments are files too; an image in its text serves instead."""
    body = {"value": "<img src='/d.png' alt='A boat'>Text."}
    (article,) = read(node(relations={"field_file": to("file--file", "p")}, body=body)).articles
    assert (article.image_url, article.image_alt) == ("https://news.example/d.png", "A boat")


def test_a_bare_node_is_an_article() -> None:
    """Many sites show less: what is missing is not said, and the number stands in for the alias."""
    (article,) = read(
        node(path={"alias": None}, body=None, changed=None, created=None, comment=None), included=None
    ).articles
    assert (article.url, article.published_at, article.updated_at) == (f"{SITE}/node/7", None, None)


def test_unpublished_nodes_are_left_out() -> None:
    """An editor's own session may see them; readers may not."""
    assert [each.guid for each in read(node("a", status=False), node("b")).articles] == ["b"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"promote": True}, {"promote": True}, [False, False]),
        ({"promote": True}, {"promote": False}, [True, False]),
        ({"promote": True}, {"promote": True, "sticky": True}, [False, True]),
    ],
)
def test_promotion_is_a_favour_only_where_not_all_have_it(
    first: dict[str, Any], second: dict[str, Any], expected: list[bool]
) -> None:
    """Drupal promotes every new article by itself; making one sticky takes an editor."""
    assert [each.is_featured for each in read(node("a", **first), node("b", **second)).articles] == expected


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (
            f"{ROOT}/",
            f"{ROOT}/jsonapi/node/article?sort=-created&include=field_image,field_tags,uid&page[limit]=50",
        ),
        (
            f"{SITE}/jsonapi/node/story?include=field_photo&page%5Blimit%5D=10",
            f"{SITE}/jsonapi/node/story?include=field_photo&page%5Blimit%5D=10&sort=-created",
        ),
    ],
)
def test_the_address_is_made_of_the_site(given: str, asked: str) -> None:
    """A home page is enough, and parameters that are given stay."""
    assert drupal_url(given) == asked


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b"{}", b'{"data": {"type": "node--article"}}', b"{" * 99]
)
def test_what_is_no_collection_is_told(content: bytes) -> None:
    """Pages, other JSON, and a single node."""
    with pytest.raises(NotAFeedError, match="This is no"):
        parse_drupal(content, BASE)


def test_the_refusal_of_the_site_is_repeated() -> None:
    """It knows best which field it has not."""
    with pytest.raises(NotAFeedError, match="field_image is not a valid relationship"):
        parse_drupal(b'{"errors": [{"detail": "field_image is not a valid relationship"}]}', BASE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=6,
)
REFERENCE = st.dictionaries(st.sampled_from(["type", "id", "meta"]), st.sampled_from(["file--file", "f"]) | JSON)
RELATION = st.dictionaries(st.just("data"), REFERENCE | st.lists(REFERENCE, max_size=2)) | JSON


@given(
    st.dictionaries(st.sampled_from([*FACTS]), JSON, max_size=5),
    st.dictionaries(st.sampled_from([*RELATIONS]), RELATION, max_size=3) | JSON,
    st.lists(
        st.fixed_dictionaries({"type": st.just("file--file"), "id": st.just("f"), "attributes": JSON}) | JSON
    ),
)
def test_values_of_any_kind_do_no_harm(facts: dict[str, Any], relations: Any, included: list[Any]) -> None:
    """A wrong type is taken as not said."""
    changed = {**node(**facts), "relationships": relations}
    assert isinstance(read(changed, None, included=included), Feed)


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_give_articles_or_an_error(content: bytes, content_type: str) -> None:
    """No bytes and no content type crash the reader."""
    for start in (b"", b'{"data": ['):
        with suppress(NotAFeedError):
            assert isinstance(parse_drupal(start + content, BASE, content_type), Feed)


def test_a_site_that_does_not_say_its_name_is_called_by_its_host() -> None:
    """The interface answers articles alone."""
    assert read().title == "news.example"
    assert parse_drupal(b'{"data": []}', "http://[").title == ""
