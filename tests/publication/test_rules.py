"""What the settings of a newsletter may be."""

import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.phrases import locale_of
from newsletter.publication.newsletters import NewsletterSettings
from newsletter.publication.rules import (
    LONGEST_ADDRESS,
    LONGEST_LINE,
    LONGEST_NAME,
    LONGEST_URL,
    RULES,
    broken_rules,
    is_language,
    is_web_address,
)

USUAL = {
    name: getattr(NewsletterSettings("daily", "The Daily", "The Paper", "news@paper.example"), name)
    for name in NewsletterSettings.__dataclass_fields__
}


def broken(**changed: object) -> list[str]:
    return list(broken_rules({**USUAL, **changed}))


def test_the_usual_settings_break_no_rule() -> None:
    """What a newsletter has by default may be."""
    assert [] == broken()


@pytest.mark.parametrize(
    "tag", ["en", "ar", "EN-us", "pt-BR", "zh-Hant-TW", "sr-Latn", "es-419", "de-1996", "fil"]
)
def test_languages(tag: str) -> None:
    """Language tags of every usual shape are taken, and their dates are written in that language."""
    assert is_language(tag)
    assert tag.partition("-")[0].lower() == locale_of(tag).language


@pytest.mark.parametrize(
    "tag",
    ["", "e", "english", "en_US", "en-", "-en", "xx", "klingon", "en US", "en\n", "en-a-b", "٣٣", "i-klingon"],
)
def test_what_is_no_language(tag: str) -> None:
    """Neither another spelling of a tag, nor a language that has no dates."""
    assert ["language"] == broken(language=tag)


@given(st.text(max_size=12))
def test_any_text_is_a_language_or_not(tag: str) -> None:
    """No text is an error; what is taken has a locale of its own rather than the English one for want of it."""
    if is_language(tag):
        assert tag.lower().split("-")[0] == locale_of(tag).language


@pytest.mark.parametrize(
    "url", ["http://paper.example", "https://[::1]:8080/a?b#c", "https://xn--bcher-kva.example/"]
)
def test_web_addresses(url: str) -> None:
    """Absolute addresses with a host."""
    assert is_web_address(url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "paper.example",
            "//paper.example",
            "ftp://paper.example",
            "javascript:alert(1)",
            "https://",
            "http://[",
        ),
        *(
            "https://a:b/",
            "https://a:99999/",
            "https://a:0/",
            "https://a b/",
            "https://a/\n",
            'https://a/"',
            "https://a/<",
        ),
        f"https://a/{'x' * LONGEST_URL}",
    ],
)
def test_what_is_no_web_address(url: str) -> None:
    """Other schemes, no host, and whatever would end the address early in a page or a header."""
    assert not is_web_address(url)
    assert ["site_url"] == broken(site_url=url)


@given(st.one_of(st.text(), st.text().map("https://{}".format)))
def test_any_text_is_a_web_address_or_not(text: str) -> None:
    """No text is an error; what is taken has a host and no white space."""
    if is_web_address(text):
        assert urlsplit(text).hostname
        assert text.split() == [text]


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("name", LONGEST_NAME),
        ("publisher", LONGEST_NAME),
        ("tagline", LONGEST_LINE),
        ("postal_address", LONGEST_ADDRESS),
    ],
)
def test_texts(name: str, longest: int) -> None:
    """Each is kept to its length, and free of what would break a header or a line."""
    assert [] == broken(**{name: "x" * longest})
    assert [name] == broken(**{name: "x" * (longest + 1)})
    for bad in ("\0", "\r", "\x1b", "\x85", "\u2028", "\ud800"):
        assert [name] == broken(**{name: f"a{bad}b"})
    # A zero-width non-joiner is part of Persian words, a mark for direction of Arabic ones.
    assert [] == broken(**{name: "هفته\u200cنامه \u200fالأسبوع"})


def test_where_lines_may_end() -> None:
    """A postal address has lines; nothing else has. What readers see as a name is not blank."""
    assert [] == broken(postal_address="1 Quay Street\nHarbour")
    assert ["name", "publisher", "tagline"] == broken(name="a\nb", publisher="a\nb", tagline="a\nb")
    assert ["name", "publisher"] == broken(name=" ", publisher="")


@given(st.sampled_from(["name", "publisher", "tagline"]), st.text())
def test_no_control_ever_passes(name: str, text: str) -> None:
    """Whatever is typed, what passes is one line."""
    if not broken(**{name: text}):
        assert not any(unicodedata.category(each) == "Cc" for each in text)
        assert 1 >= len(text.splitlines())


def test_every_rule_says_what_must_be() -> None:
    """Each rule is of a setting that there is, and has words that mend it."""
    assert set(RULES) <= set(USUAL)
    assert all(rule.must for rule in RULES.values())
