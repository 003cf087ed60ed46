"""Plain text out of markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.text.plaintext import plain_text, shortened


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Plain – text", "Plain – text"),
        ("<p>One</p><p>two<br>three</p>", "One two three"),
        ("AT&amp;T &amp;amp; more", "AT&T & more"),
        ("&lt;b&gt;Bold&lt;/b&gt; news", "Bold news"),
        ("&amp;lt;i&amp;gt;Twice&amp;lt;/i&amp;gt;", "Twice"),
        ("1939:&nbsp;House", "1939: House"),
        ("a<script>alert(1)</script>b", "ab"),
        ("a&lt;script&gt;alert(1)&lt;/script&gt;b", "ab"),
        ("<style>p{}</style>x<!-- hidden -->y", "xy"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("<img src=x onerror=alert(1)>Title", "Title"),
        ("tab\tand\nline\u2028end\x00\x1b\ud800", "tab and line end"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("می‌خواهم 👨‍👩‍👧", "می‌خواهم 👨‍👩‍👧"),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    """Tags, scripts, escapes and control characters go; words, joiners and signs stay."""
    assert plain_text(markup) == text


@given(st.text(alphabet=st.sampled_from("<>&;/ab script=\"'!-#x0lt\u202e\x00\n"), max_size=80))
def test_no_script_survives(markup: str) -> None:
    """No input leaves a tag that a browser would run, nor a line break."""
    text = plain_text(f"<script>evil()</script>{markup}")
    assert "<script" not in text
    assert "\n" not in text


@given(st.text(max_size=60), st.integers(10, 40))
def test_shortened_text_fits(text: str, longest: int) -> None:
    """The limit holds, and what fits is not touched."""
    short = shortened(text, longest)
    assert len(short) <= longest
    assert short == text or len(text) > longest


def test_a_cut_falls_between_words() -> None:
    """A long title ends at a whole word."""
    assert shortened("The council voted on Tuesday evening", 20) == "The council voted…"


@pytest.mark.parametrize(
    ("text", "longest", "short"),
    [
        ("ab 👨‍👩‍👧👨‍👩‍👧", 10, "ab 👨‍👩‍👧…"),
        ("🇯🇴🇫🇷🇩🇪", 4, "🇯🇴…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        ("議会は火曜日に投票した", 6, "議会は火曜…"),
    ],
)
def test_a_cut_falls_between_signs(text: str, longest: int, short: str) -> None:
    """Families, flags, accents and scripts without spaces are cut where a reader sees one sign end."""
    assert shortened(text, longest) == short
