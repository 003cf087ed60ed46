"""WordPress sites, read through their own REST interface: sticky posts, whole images and both dates.

https://developer.wordpress.org/rest-api/reference/posts/. It is on by default, and gives with one request what
takes a feed and each article's page otherwise. Dates are read from the fields in UTC alone: the others are in a
zone that the answer does not name.
"""

from typing import Any

from newsletter.errors import NotAFeedError
from newsletter.gather.article import Feed
from newsletter.gather.formats.draft import Draft, finished, first_image, later, written_date
from newsletter.gather.formats.json_parts import load_json, objects_of, part_of, text_of
from newsletter.gather.formats.markup import MOST_ARTICLES, decode
from newsletter.gather.formats.query import host_of, with_query
from newsletter.gather.text.credits import strip_credit
from newsletter.gather.text.plaintext import plain_text

_PATH = "/wp-json/wp/v2/posts"
_QUERY = {"per_page": "50", "_embed": "author,wp:featuredmedia,wp:term"}
_NO_CATEGORY = "uncategorized"
_KINDS_OF_TERMS = ("category", "post_tag")


def wordpress_url(url: str) -> str:
    """Return the address of a site's latest 50 posts, given the site's address or that of its interface.

    Parameters that are given stay as they are: ``?categories=7`` gathers one category.
    """
    is_interface = "/wp-json" in url or "rest_route=" in url
    return with_query(url, "" if is_interface else _PATH, _QUERY)


def parse_wordpress(content: bytes, base_url: str, content_type: str = "") -> Feed:
    """Read a list of posts; posts behind a password are left out.

    Never fails in another way than NotAFeedError, whatever the bytes.
    """
    posts = load_json(decode(content, content_type).lstrip("\ufeff \t\r\n"), "list of WordPress posts")
    if isinstance(posts, dict) and (message := plain_text(text_of(posts, "message"), 200)):
        raise NotAFeedError(f"This is no list of WordPress posts: the site answers {message!r}.")
    if not isinstance(posts, list) or any(not isinstance(post, dict) or "title" not in post for post in posts):
        raise NotAFeedError(
            "This is no list of WordPress posts: it is other JSON.",
            "Give the site's address, such as its home page.",
        )
    return Feed(
        host_of(base_url),
        "",
        finished(_draft(post, base_url) for post in posts[:MOST_ARTICLES] if _is_public(post)),
    )


def _is_public(post: dict[str, Any]) -> bool:
    is_locked = any(part_of(post, name).get("protected") is True for name in ("content", "excerpt"))
    return text_of(post, "status") in {"", "publish"} and not is_locked


def _draft(post: dict[str, Any], base_url: str) -> Draft:
    embedded = part_of(post, "_embedded")
    content = _rendered(post, "content")
    published_at = written_date(text_of(post, "date_gmt"))
    media: dict[str, Any] = next(iter(objects_of(embedded, "wp:featuredmedia")), {})
    image, alt = text_of(media, "source_url"), text_of(media, "alt_text")
    if not image:
        image, alt = first_image(content)
    caption = plain_text(_rendered(media, "caption"), 1_000)
    names = (text_of(author, "name") for author in objects_of(embedded, "author"))
    return Draft(
        base=base_url,
        title=_rendered(post, "title"),
        links=(text_of(post, "link"),),
        guid=_rendered(post, "guid"),
        description=_rendered(post, "excerpt") or content,
        published_at=published_at,
        # Publishing counts as a change for WordPress: only a later one is told.
        updated_at=later(written_date(text_of(post, "modified_gmt")), published_at),
        author=", ".join(name for name in names if name),
        categories=_terms(embedded),
        image=image,
        image_alt=alt or strip_credit(caption)[0],
        credit=strip_credit(caption)[1],
        language=text_of(post, "lang"),
        is_featured=post.get("sticky") is True,
    )


def _terms(embedded: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of a post's categories, then of its tags."""
    groups = embedded.get("wp:term")
    terms = [
        term
        for group in (groups if isinstance(groups, list) else [])
        for term in objects_of({"terms": group}, "terms")
        if text_of(term, "slug") != _NO_CATEGORY
    ]
    kinds = [[term for term in terms if text_of(term, "taxonomy") == kind] for kind in _KINDS_OF_TERMS]
    return tuple(text_of(term, "name") for same in kinds for term in same)


def _rendered(holder: dict[str, Any], key: str) -> str:
    return text_of(part_of(holder, key), "rendered") or text_of(holder, key)
