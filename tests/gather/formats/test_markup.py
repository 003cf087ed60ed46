"""Bytes made harmless text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import NotAFeedError
from newsletter.gather.formats.markup import (
    LONGEST_FEED,
    MOST_ARTICLES,
    MOST_TAGS,
    cut,
    decode,
    disarm,
    is_crowded,
    limited,
)

TEXT = "<rss>Ünïcode — نشرة</rss>"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le"]
)
def test_unicode_is_recognised_undeclared(encoding: str) -> None:
    """Every form of Unicode is told by its first bytes."""
    assert decode(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1256", "نشرة"),
        ("iso-8859-1", "café"),
        ("koi8-r", "новости"),
        ("shift_jis", "記事"),
        ("iso-2022-jp", "記事"),
    ],
)
def test_declared_encodings_are_believed(encoding: str, text: str) -> None:
    """The XML declaration and the Content-Type each suffice."""
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{text}'
    assert decode(declared.encode(encoding)) == declared
    assert decode(text.encode(encoding), f"text/xml; charset={encoding}") == text


@pytest.mark.parametrize("charset", ["iso-8859-1", "us-ascii", "nonsense", "base64", "utf-7", "cp037", "idna"])
def test_a_wrong_charset_does_not_spoil_utf_8(charset: str) -> None:
    """Valid UTF-8 is UTF-8, whatever the server says."""
    assert decode(TEXT.encode(), f"text/xml; charset={charset}") == TEXT


def test_undeclared_old_text_is_read_as_windows_1252() -> None:
    """The last resort is what most such text is."""
    assert decode("“café”".encode("windows-1252")) == "“café”"


@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_bytes_fail(content: bytes, content_type: str) -> None:
    """Whatever arrives becomes text, and the text becomes XML without a DOCTYPE."""
    text = disarm(decode(b"<!DOCTYPE " + content, content_type))
    assert "<!DOCTYPE" not in text.upper()


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE r [<!ENTITY a "b">]><r>x</r>',
        '<?xml version="1.0"?><!doctype r SYSTEM "a>b" [<!ENTITY a "]>">]><r>x</r>',
        "<!DOCTYPE r><!DOCTYPE s><r>x</r>",
        "<!DOC<!DOCTYPE q>TYPE r><r>x</r>",
    ],
)
def test_no_declaration_survives(document: str) -> None:
    """Entities cannot be defined, however the DOCTYPE is written; the content stays."""
    disarmed = disarm(document)
    assert "<!DOCTYPE" not in disarmed.upper()
    assert "<!ENTITY" not in disarmed
    assert disarmed.endswith("<r>x</r>")


def test_forbidden_characters_go() -> None:
    """Raw or by number, what XML forbids is left out and the rest is kept."""
    assert disarm("a\x00b\x08&#0;&#xD800;&#xFFFF;&#1114112;&#99999999999;&#x20AC;&#10;") == "ab&#x20AC;&#10;"


def test_a_long_feed_is_cut_between_two_articles() -> None:
    """A thousand articles stay, and the document still closes."""
    text = limited("<rss><channel>" + "<item>a</item>" * 5_000 + "</channel></rss>")
    assert text.count("<item>") == text.count("</item>") == MOST_ARTICLES
    assert text.endswith("</item></channel></rss>")


def test_an_article_of_endless_parts_is_cut_away() -> None:
    """What would take minutes to parse goes; the articles before it stay."""
    for part in ("<category>a</category>", "<b>"):
        text = limited(f"<feed><entry>good</entry><entry>{part * 250_000}</entry></feed>")
        assert text == "<feed><entry>good</entry></feed>"


def test_a_tag_of_endless_attributes_is_no_feed() -> None:
    """Parsers take quadratic time over them."""
    with pytest.raises(NotAFeedError, match="attributes"):
        limited("<rss " + " ".join(f"a{number}='>'" for number in range(300)) + ">")


@pytest.mark.parametrize(
    ("head", "name", "end"),
    [("<rss><channel>", "item", "</channel></rss>"), ("<feed>", "entry", "</feed>")],
)
def test_a_feed_too_long_loses_its_last_articles(head: str, name: str, end: str) -> None:
    """It is cut where an article begins, and ends as a feed ends; one that is not too long stays as it is."""
    article = f"<{name}>{'word ' * 50_000}</{name}>"
    fits = LONGEST_FEED // len(article)
    assert f"{head}{article * 2}{end}" == cut(f"{head}{article * 2}{end}")
    assert f"{head}{article * fits}{end}" == cut(f"{head}{article * (fits + 3)}{end}")
    assert "rss" not in cut("x" * (LONGEST_FEED + 1))


def test_a_crowded_document_is_told_by_its_tags_and_attributes() -> None:
    """What a tree would have too many nodes for is not made into one."""
    assert not is_crowded("<a b='c'>" * 1_000)
    assert is_crowded("<a>" * (MOST_TAGS + 1))
    assert is_crowded("<a " + "b=c " * (2 * MOST_TAGS + 1) + ">")
