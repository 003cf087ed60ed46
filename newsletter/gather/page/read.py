"""Reading an article's page: from its bytes to all that it says, each fact with where it was said.

The order of trust: JSON-LD and OpenGraph, which sites write for programs; the site's profile; <time>; the usual
markup. A date that only htmldate finds is kept as ``uncertain``: shown to people, never used to judge freshness.
"""

from datetime import UTC, datetime
from typing import Any

from lxml.html import HtmlElement

from newsletter.gather.page.body import Body, guess_date, read_body
from newsletter.gather.page.dateline import dateline_of
from newsletter.gather.page.elements import (
    canonical_link,
    page_language,
    read_address,
    read_canonical,
    read_elements,
    read_times,
)
from newsletter.gather.page.facts import Claims, Dated, Origin, PageFacts, weigh
from newsletter.gather.page.heading import read_title
from newsletter.gather.page.jsonld import read_jsonld
from newsletter.gather.page.names import byline_of
from newsletter.gather.page.opengraph import (
    Metas,
    is_indexable,
    meta_language,
    read_metas,
    read_opengraph,
    read_other_metas,
    site_name,
)
from newsletter.gather.page.pictured import choose_picture
from newsletter.gather.page.profile import Profile, choose_profile
from newsletter.gather.page.profiled import profile_text_root, read_profile
from newsletter.gather.page.tree import parse_page
from newsletter.gather.text.blurb import blurb
from newsletter.gather.text.language import language_of


def read_page(content: bytes, url: str = "", profile: Profile | None = None, content_type: str = "") -> PageFacts:
    """Return what an article's page says, and where; facts that it does not say are empty.

    ``url`` is where the page was found, if known: the base of its links, and its address if it names no other.
    Without a ``profile`` the ready one of the system that made the page is used. Never raises: bytes that are no
    page give no facts.
    """
    root = parse_page(content, content_type)
    if root is None:
        return PageFacts()
    metas = read_metas(root)
    base = url or canonical_link(root, "") or next(iter(metas.get("og:url", [])), "") or _NOWHERE
    chosen = profile or choose_profile(root)
    zone = chosen.zone if chosen else UTC
    claims = _claims(root, metas, base, (chosen, page_language(root) or meta_language(metas)))
    facts, origins = weigh(claims)
    if url and "url" not in facts:
        facts["url"], origins["url"] = url, Origin.ADDRESS
    text_root = profile_text_root(root, chosen)
    body = read_body(root, text_root, facts.get("title", ""))
    if "published" not in facts and (guess := guess_date(root, base, zone)):
        facts["published"], origins["published"] = guess, Origin.UNCERTAIN
    picture = choose_picture(root, text_root, claims, base, facts.get("title", ""))
    facts |= {"image_url": picture.image_url, "caption": picture.caption, "credit": picture.credit}
    origins = {name: by for name, by in origins.items() if name not in _OF_PICTURE}
    _add_text(facts, origins, body, _named_language(root, metas, facts))
    origins |= picture.origins
    _without_place(facts, origins)
    return _finished(facts, origins, body, is_indexable(metas))


_NOWHERE = "https://page.invalid/"
"""What links are resolved against where nobody knows where the page stands (RFC 6761 §6.4)."""


def _without_place(facts: dict[str, Any], origins: dict[str, str]) -> None:
    """Take away the address that no page has: an image's link is then as the page writes it."""
    facts["image_url"] = facts["image_url"].removeprefix(_NOWHERE.rstrip("/"))
    if facts.get("url", "").startswith(_NOWHERE):
        del facts["url"], origins["url"]


_OF_THEMES = ("en", "fr", "de", "es", "it", "pt", "nl")
"""Languages in Latin letters that themes are made in, and name on pages in others."""
_OF_PICTURE = {"image_url", "caption", "credit"}


def _claims(root: HtmlElement, metas: Metas, base: str, by: tuple[Profile | None, str]) -> list[Claims]:
    """Return what every reader found, the most trusted first."""
    profile, language = by
    zone = profile.zone if profile else UTC
    claims = [
        read_canonical(root, base),
        read_jsonld(root, base, zone),
        read_opengraph(metas, base, zone),
    ]
    if profile is not None:
        claims.append(read_profile(root, profile, base, language))
    claims += [
        read_times(root, zone, language),
        read_elements(root, (zone, language), site_name(metas)),
        read_other_metas(metas, base, zone),
        read_title(root, site_name(metas)),
        read_address(base, zone),
    ]
    return claims


def _named_language(root: HtmlElement, metas: Metas, facts: dict[str, Any]) -> tuple[str, str]:
    """Return the language that the page names and where: <html lang>, og:locale, JSON-LD."""
    for language, where in (
        (page_language(root), Origin.HTML),
        (meta_language(metas), Origin.OPENGRAPH),
        (facts.get("language", ""), Origin.JSON_LD),
    ):
        if language:
            return language, where
    return "", ""


def _add_text(facts: dict[str, Any], origins: dict[str, str], body: Body, named: tuple[str, str]) -> None:
    """Add what the text itself tells: its language and the dateline that it opens with."""
    if body.text:
        facts["text"], origins["text"] = body.text, Origin.BODY
    elif "text" in facts:
        body = Body(facts["text"])
    language = _language(f"{facts.get('title', '')} {facts.get('text', '')}", named[0])
    if language:
        facts["language"], origins["language"] = language, named[1] if language == named[0] else Origin.BODY
    if "dateline" not in facts and (dateline := dateline_of(facts.get("text", ""))):
        facts["dateline"], origins["dateline"] = dateline, Origin.BODY
    if facts.get("author", "") == "" or origins["author"] == Origin.META:
        byline = byline_of(facts.get("text", ""))
        if byline:
            facts["author"], origins["author"] = byline, Origin.BODY
    if "summary" not in facts and (opening := blurb([facts.get("text", "")], facts.get("title", ""))):
        facts["summary"], origins["summary"] = opening, Origin.BODY
    if body.subheadings:
        origins["subheadings"] = Origin.BODY


def _language(text: str, named: str) -> str:
    """Return the language that a page names, unless it names its theme's and the text's letters are another's."""
    written = language_of("", text)
    return written if written and named.partition("-")[0].lower() in {"", *_OF_THEMES} else named


def _finished(facts: dict[str, Any], origins: dict[str, str], body: Body, indexable: bool) -> PageFacts:
    published, updated = facts.pop("published", None), facts.pop("updated", None)
    if published and updated and updated.at < published.at and not (updated.is_day or published.is_day):
        # Some systems print when the template was changed; an article is not changed before it is there.
        updated = None
        origins.pop("updated", None)
    return PageFacts(
        **facts,
        published_at=_at(published),
        updated_at=_at(updated),
        published_is_day=bool(published and published.is_day),
        updated_is_day=bool(updated and updated.is_day),
        subheadings=body.subheadings,
        is_indexable=indexable,
        origins={name: str(where) for name, where in sorted(origins.items())},
    )


def _at(date: Dated | None) -> datetime | None:
    return date.at if date else None
