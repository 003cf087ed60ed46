"""Hostile text in every field of every article, of the newsletter and of corrections: printed, and inert."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache

import pytest
from lxml import etree

from newsletter.edition.rendering.content import Content, Stationery
from newsletter.edition.rendering.selection import AlsoIn, Correction, Selection
from newsletter.edition.rendering.slots import fill_html, fill_text
from newsletter.edition.words.wording import plain
from newsletter.errors import ContentError
from tests.edition.rendering.builders import (
    ARCHIVE,
    MASTHEAD,
    OURS,
    SUNDAY,
    VALUES,
    an_article,
    digest,
    full_of,
    parsed,
    text_of,
)

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "the end of the head": "</title></style></head><body onload=alert(1)>",
    "attributes": "\" onmouseover='alert(1)' x=\"",
    "template": "{{ 7*7 }}{% include 'x' %}{# gone #}{{ unsubscribe_slot }}",
    "unclosed": "<b><i><table><td>&lt &#x3c",
    "comments": "<!--[if mso]><td> --> ]]> <![CDATA[ <?xml?>",
    "CRLF": "Hello\r\nBcc: all@example.org\r\n\r\n<html>",
    "NUL and controls": "a\x00b\x07c\x1b[31md\x7f\x85e",
    "bidi": "\u202eexe.gnp\u202c \u2066open \u2069\u2069\u2067closed",
    "surrogates": "half \ud83d and \udc4d",
    "long word": "W" * 10_000,
    "long arabic word": "ب" * 10_000,
    "formats": "%s %(x)s {0} {address} {name!r} \\1 \\g<0> $1",
    "entities": "&lt;script&gt; &amp;amp; &nbsp; &#0;",
    "separators": "one\u2028two\u2029three\x0bfour\x0cfive",
    "zero width": "\ufeff\u200b\u200d\u2060\ufffe\uffff",
}
LANGUAGES = ("en", "ar")
_VOID = re.compile(r"<(meta|img|br)\b([^>]*)>")


def strictly(html: str) -> etree._Element:
    """Parse a mail as XML, which forgives nothing: one stray angle bracket, ampersand or control is an error."""
    closed = _VOID.sub(r"<\1\2/>", html.partition("\n")[2] if html.startswith("<!DOCTYPE") else html)
    return etree.fromstring(closed.encode(), etree.XMLParser(recover=False, resolve_entities=False))


@lru_cache
def hostile_digest(text: str, language: str) -> Content:
    """Render an edition with the text in every field there is."""
    link = f"https://news.example/?q={text}"
    others = (AlsoIn(text, link, text), AlsoIn(text, text, text))
    article = full_of(1, text, link, language=text, also_in=others)
    articles = tuple(replace(article, article_id=number) for number in range(1, 9))
    corrections = (Correction(9, text, text, link, text), Correction(9, text, text, text, text))
    head = replace(
        MASTHEAD,
        name=text,
        publisher=text,
        tagline=text,
        postal_address=f"{text}\n{text}",
        site_url=link,
        language=language,
        recommend=True,
    )
    return digest(Selection(articles[:6], articles[6:], corrections), head)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_well_formed_and_inert(text: str, language: str) -> None:
    """Two parsers see the same headlines, and neither a script, a handler, nor an address that is none of ours."""
    content = hostile_digest(text, language)
    html = fill_html(content.html, content.marker, VALUES)
    page = parsed(content)
    titles = [text_of(each) for each in page.iter("h3")]
    assert 8 == len(titles)
    assert 1 == len(set(titles))
    assert page.xpath("//script | //iframe | //object | //form | //link | //base | //b | //i") == []
    assert page.xpath("//@*[starts-with(name(), 'on')]") == []
    assert all(link.startswith("https://") for link in page.xpath("//@href | //@src"))
    assert 1 == len(page.xpath("//h1")) == len(page.xpath("//body")) == len(page.xpath("//title"))
    strict = strictly(html)
    assert titles == ["".join(each.itertext()) for each in strict.iter("h3")]
    assert [each.tag for each in page.iter()] == [each.tag for each in strict.iter()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_stays_within_subject_and_text(text: str, language: str) -> None:
    """Subject and preheader are one clean line; the text has no control but line ends, and no line too long."""
    content = hostile_digest(text, language)
    for line in (content.subject, content.preheader):
        assert line == plain(line)
        assert len(line) <= 160
    body = fill_text(content.text, content.marker, VALUES)
    assert body.isprintable() or all(each.isprintable() or each in "\n\u00a0" or ord(each) > 127 for each in body)
    assert not any(ord(each) < 32 and each != "\n" for each in body)
    assert max(len(line.encode()) for line in body.splitlines()) <= 998
    for opened, closed in (("\u2066\u2067\u2068", "\u2069"),):
        for paragraph in content.subject, content.preheader:
            assert sum(map(paragraph.count, opened)) == paragraph.count(closed)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = content.subject
    message.set_content(body)
    message.add_alternative(fill_html(content.html, content.marker, VALUES), subtype="html")
    again = message_from_bytes(message.as_bytes(), policy=SMTP)
    assert ["Subject", "MIME-Version", "Content-Type"] == again.keys()


@pytest.mark.parametrize("field", ["title", "summary", "section", "source", "author", "image_alt", "url"])
def test_a_marker_in_any_field_is_refused(field: str) -> None:
    """Not even a feed that has seen an earlier rendering can write into a place."""
    marker = "nl0123456789abcdef"
    value = f"https://news.example/{marker}n0x"
    articles = (an_article(1), an_article(2, **{field: value}))
    with pytest.raises(ContentError, match="marker"):
        Stationery([OURS], mint=lambda: marker).digest(Selection(articles, ()), MASTHEAD, SUNDAY, ARCHIVE)


@pytest.mark.parametrize("field", ["name", "publisher", "tagline", "postal_address", "site_url"])
def test_a_marker_in_the_newsletter_is_refused(field: str) -> None:
    """Nor can a setting."""
    marker = "nl0123456789abcdef"
    head = replace(MASTHEAD, **{field: f"https://news.example/{marker}sunsubscribex"})  # type: ignore[arg-type]  # by name
    with pytest.raises(ContentError, match="marker"):
        Stationery([OURS], mint=lambda: marker).digest(Selection((an_article(1),), ()), head, SUNDAY, ARCHIVE)
