"""What the settings of a newsletter may be."""

import unicodedata
from urllib.parse import urlsplit

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.words.phrases import locale_of
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
        # Babel knows some languages by an older name besides: scr is hr.
        assert Locale.parse(tag.lower().split("-")[0]).language == locale_of(tag).language


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


NUMBERS = [
    ("popularity_points", 0, 1000),
    ("placing_points", 0, 1000),
    ("coverage_points", 0, 1000),
    ("taste_points", 0, 1000),
    ("freshness_points", 0, 1000),
    ("featured_points", 0, 1000),
    ("comment_votes", 0, 100),
    ("votes_grow_hours", 0.1, 168),
    ("freshness_hours", 0.1, 8784),
    ("story_cut", 0, 1),
    ("likeness_penalty", 0, 1),
    ("section_share", 1, 100),
    ("cutoff_minutes", 0, 720),
    ("carry_hours", 0, 336),
    ("late_hours", 1, 24),
    ("most_skips", 0, 365),
]


@pytest.mark.parametrize(("name", "least", "most"), NUMBERS)
def test_numbers(name: str, least: float, most: float) -> None:
    """Each number has a least and a most, and is a number at all."""
    assert [] == broken(**{name: least}) == broken(**{name: most})
    for wrong in (least - 0.01, most + 0.01, float("nan"), float("inf"), -float("inf")):
        assert [name] == broken(**{name: wrong})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("send_days", ("mon", "sat sun", " tue  tue ", "sun mon"), ("", " ", "monday", "mon,tue", "Mon")),
        (
            "days_off",
            ("", "2026-12-25", "12-25 01-01\n02-29", "2028-02-29"),
            ("2026-02-29", "02-30", "13-01", "25.12.", "2026-12", "20261225", "1-1", "2026-W52-5", "12-25,01-01"),
        ),
        (
            "editors",
            ("", "a@paper.example", "a@paper.example\tb@paper.example"),
            ("a", "a@b@c", "a@paper.example,b@paper.example", "A <a@paper.example>", "a@x " * 999),
        ),
        ("excluded", ("", "sponsored, paid content", "إعلان"), ("a\nb", "x" * 2_001)),
        ("never_lead", ("", "quiz"), ("a\0b",)),
    ],
)
def test_lists(name: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    """Days, dates, addresses and words, each written in one way."""
    assert [] == [each for each in good if broken(**{name: each})]
    assert [] == [each for each in bad if [name] != broken(**{name: each})]


@given(st.sampled_from(["send_days", "days_off", "editors"]), st.text(max_size=30))
def test_any_text_is_such_a_list_or_not(name: str, text: str) -> None:
    """No text is an error; only white space parts what is taken."""
    if not broken(**{name: text}):
        assert [] == broken(**{name: " ".join(text.split())})


def test_every_number_is_bounded() -> None:
    """No number of the settings is without a rule."""
    numbers = {name for name, value in USUAL.items() if type(value) in {int, float}}
    assert numbers <= set(RULES)


def test_every_rule_says_what_must_be() -> None:
    """Each rule is of a setting that there is, and has words that mend it."""
    assert set(RULES) <= set(USUAL)
    assert all(rule.must for rule in RULES.values())
