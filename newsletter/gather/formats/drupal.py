"""Drupal 8 and later, read through its JSON:API: sticky and promoted nodes, the language, the image with its alt.

https://www.drupal.org/docs/core-modules-and-themes/core-modules/jsonapi-module and https://jsonapi.org/format/1.0/.
Sites name their fields themselves, so an image is whatever relationship leads to a file, directly or through a
media entity, and a category whatever leads to a term.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Feed
from newsletter.gather.formats.draft import Draft, finished, first_image, later, whole_number, written_date
from newsletter.gather.formats.json_parts import load_json, objects_of, part_of, text_of
from newsletter.gather.formats.markup import MOST_ARTICLES, decode
from newsletter.gather.formats.query import host_of, with_query
from newsletter.gather.text.credits import strip_credit
from newsletter.gather.text.plaintext import plain_text

_INTERFACE = "/jsonapi"
_PATH = "/jsonapi/node/article"
_QUERY = {"sort": "-created", "include": "field_image,field_tags,uid", "page[limit]": "50"}
"""Fields of the standard installation: a site without them answers 400, and needs an ``include`` of its own."""
_WORDS_OF_SECTIONS = ("section", "categor", "channel")

Entities = Mapping[tuple[str, str], dict[str, Any]]
"""What an answer includes beside its nodes, by type and id."""


def drupal_url(url: str) -> str:
    """Return the address of a site's latest 50 articles, given the site's address or that of its interface.

    Parameters that are given stay as they are, so that a site with other fields names them in ``include``.
    """
    return with_query(url, "" if _INTERFACE in url else _PATH, _QUERY)


def parse_drupal(content: bytes, base_url: str, content_type: str = "") -> Feed:
    """Read a collection of nodes; unpublished ones are left out.

    Never fails in another way than NotAFeedError, whatever the bytes.
    """
    answer = load_json(decode(content, content_type).lstrip("\ufeff \t\r\n"), "Drupal JSON:API")
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise NotAFeedError(
            f"This is no list of Drupal's JSON:API{_complaint(answer)}.", "Give the site's address."
        )
    included: Entities = {
        (text_of(each, "type"), text_of(each, "id")): each for each in objects_of(answer, "included")
    }
    site = base_url.partition(_INTERFACE)[0]
    nodes = [node for node in objects_of(answer, "data")[:MOST_ARTICLES] if _is_published(node)]
    # Drupal promotes every new article unless a site chose otherwise: that is no favour.
    promoted = [part_of(node, "attributes").get("promote") is True for node in nodes]
    favours = not all(promoted)
    return Feed(
        host_of(base_url),
        "",
        finished(
            _draft(node, included, site, is_featured=favours and favoured)
            for node, favoured in zip(nodes, promoted, strict=True)
        ),
    )


def _complaint(answer: Any) -> str:
    errors = objects_of(answer, "errors") if isinstance(answer, dict) else []
    told = next((text_of(each, "detail") or text_of(each, "title") for each in errors), "")
    return f": the site answers {plain_text(told, 200)!r}" if told else ""


def _is_published(node: dict[str, Any]) -> bool:
    return part_of(node, "attributes").get("status") is not False


def _draft(node: dict[str, Any], included: Entities, site: str, *, is_featured: bool) -> Draft:
    facts = part_of(node, "attributes")
    body = part_of(facts, "body")
    text = text_of(body, "processed") or text_of(body, "value")
    published_at = written_date(text_of(facts, "created"))
    image, about = _image(node, included)
    alt = text_of(about, "alt")
    if not image:
        image, alt = first_image(text)
    return Draft(
        base=f"{site}/",
        title=text_of(facts, "title"),
        links=_links(node, site),
        guid=text_of(node, "id"),
        description=text_of(body, "summary") or text,
        published_at=published_at,
        # Drupal gives every node a date of change; one that is no later tells of none.
        updated_at=later(written_date(text_of(facts, "changed")), published_at),
        author=", ".join(name for name in _names(node, included, "user--") if name),
        categories=tuple(_names(node, included, "taxonomy_term--")),
        image=image,
        image_alt=alt,
        credit=strip_credit(plain_text(text_of(about, "title"), 1_000))[1],
        language=text_of(facts, "langcode"),
        comments=whole_number(part_of(facts, "comment").get("comment_count")),
        is_featured=is_featured or facts.get("sticky") is True,
    )


def _links(node: dict[str, Any], site: str) -> tuple[str, ...]:
    """Return where a node can be read: its alias, a link of that meaning, or its number."""
    facts = part_of(node, "attributes")
    alias = text_of(part_of(facts, "path"), "alias")
    number = text_of(facts, "drupal_internal__nid")
    named = (part_of(part_of(node, "links"), name) for name in ("canonical", "alternate", "html"))
    return (
        f"{site}{alias}" if alias.startswith("/") else alias,
        *(text_of(link, "href") for link in named),
        f"{site}/node/{number}" if number else "",
    )


def _image(node: dict[str, Any], included: Entities) -> tuple[str, dict[str, Any]]:
    """Return the link of a node's first image, and what is said about it (alt, title) where it is used."""
    for reference in _references(node, "file--", "media--"):
        media = _found(reference, included)
        inner = _references(media, "file--") if text_of(reference, "type").startswith("media--") else [reference]
        for each in inner:
            file = part_of(_found(each, included), "attributes")
            uri = part_of(file, "uri")
            link = text_of(uri, "url") or text_of(file, "url")
            if link and text_of(file, "filemime").partition("/")[0] in {"", "image"}:
                return link, part_of(each, "meta")
    return "", {}


def _names(node: dict[str, Any], included: Entities, kind: str) -> Iterator[str]:
    for reference in _references(node, kind):
        facts = part_of(_found(reference, included), "attributes")
        yield text_of(facts, "display_name") or text_of(facts, "name")


def _references(entity: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """Return an entity's references to others of these kinds; those that name a section stand first."""
    relations = part_of(entity, "relationships")
    found = []
    for name in sorted(relations, key=lambda each: not any(word in each for word in _WORDS_OF_SECTIONS)):
        data = part_of(relations, name).get("data")
        found += objects_of({"data": data if isinstance(data, list) else [data]}, "data")
    return [each for each in found if text_of(each, "type").startswith(kinds)]


def _found(reference: dict[str, Any], included: Entities) -> dict[str, Any]:
    return included.get((text_of(reference, "type"), text_of(reference, "id")), {})
