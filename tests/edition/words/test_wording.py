"""Feed text made fit to print."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.words.wording import cut, isolate, plain, safe_link

ISOLATE, POP, OVERRIDE = "\u2067", "\u2069", "\u202e"


@pytest.mark.parametrize(
    ("expected", "given_text"),
    [
        ("Bcc: all@example.org", "\r\nBcc:\tall@example.org\x00"),
        ("a b", "a\u2028b"),
        ("12\u00a0% of « it »", " 12\u00a0% of  « it » "),
        ("gnp.exe", f"{OVERRIDE}gnp.exe"),
        (f"{ISOLATE}name{POP} won", f"{ISOLATE}name{POP} won"),
        ("name won", f"{ISOLATE}name won"),
        ("name won", f"name{POP} {ISOLATE}won"),
        ("👩‍🚀 lands", "👩‍🚀 lands"),
        ("half", "half\ud83d"),
        ("", "\ufeff\x1b\ufffe"),
    ],
)
def test_text_becomes_one_clean_line(expected: str, given_text: str) -> None:
    """Control characters, broken surrogates and stray direction marks go; everything else stays."""
    assert expected == plain(given_text)


@given(text=st.text(st.characters(codec=None)))
def test_no_text_keeps_what_could_break_a_header(text: str) -> None:
    """Whatever a feed says, the line is encodable, is one line, and reads the same when cleaned again."""
    line = plain(text)

    line.encode()
    assert not any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in line)
    assert plain(line) == line


@pytest.mark.parametrize(
    ("expected", "text", "most"),
    [
        ("short", "short", 5),
        ("cut at a…", "cut at a wordend", 12),
        ("no comma…", "no comma, please", 12),
        ("aaaaaaaaa…", "a" * 50, 10),
        ("nails👍…", "nails👍👍🏽👍", 7),
        ("Zo\u0308e\u0308…", "Zo\u0308e\u0308e\u0308e\u0308", 6),
    ],
)
def test_text_is_cut_at_word_ends_and_between_whole_characters(expected: str, text: str, most: int) -> None:
    """No half word where there is a whole one, no half emoji, no lost accent."""
    assert expected == cut(text, most)


@given(text=st.text(), most=st.integers(min_value=2, max_value=80))
def test_a_cut_never_exceeds_its_measure(text: str, most: int) -> None:
    """The mark of omission counts too."""
    assert len(cut(text, most)) <= most


def test_a_cut_leaves_no_isolate_open() -> None:
    """Text after a cut headline keeps its direction."""
    assert cut(f"one {ISOLATE}two three{POP} four", 12) == "one two…"


def test_isolated_text_is_balanced() -> None:
    """What isolate adds survives cleaning."""
    assert plain(isolate("Reuters")) == isolate("Reuters")


@pytest.mark.parametrize(
    ("expected", "url"),
    [
        ("https://example.org/a?b=1&c=%20#d", " https://example.org/a?b=1&c=%20#d\n"),
        ("https://example.org/%22%3E%3Cscript%3E", 'https://example.org/"><script>'),
        ("https://xn--bcher-kva.example/%C3%BC", "https://bücher.example/ü"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("http://localhost:8000/u/1", "http://localhost:8000/u/1"),
        ("", "javascript:alert(1)"),
        ("", "java\nscript:alert(1)"),
        ("", "data:text/html,<script>"),
        ("", "//example.org/x"),
        ("", "/relative"),
        ("", "https://"),
        ("", "https://bank.example@evil.example/"),
        ("", "https://exa mple.org/"),
        ("", "https://example.org:99999/"),
        ("", "http://[broken"),
        ("", f"https://example.org/{'a' * 2000}"),
        ("", "https://example.org/\ud83d"),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(expected: str, url: str) -> None:
    """Anything but http and https is no link, and what remains is safe in every context."""
    assert expected == safe_link(url)


@given(url=st.text() | st.text().map(lambda rest: f"https://example.org/{rest}"))
def test_a_link_is_printable_ascii_without_quotes(url: str) -> None:
    """A link can stand in an attribute, in plain text and in a header."""
    link = safe_link(url)

    assert link.isascii()
    assert not set(link) & set(' "<>\\^`{}|\r\n\t\x00')
    assert len(link) <= 900
