"""Text that cannot be read, by day or in the dark."""

import re

import pytest

from newsletter.preflight.finding import Outcome
from newsletter.preflight.opened import open_message
from tests.preflight.mails import a_mail, faults_of, our_mail, with_html

PAGE = """<html><head><meta name="color-scheme" content="light dark"><style>{css}</style></head>
<body style="background-color:#ffffff;color:#111111">{content}</body></html>"""


def faults(content: str, css: str = "") -> list[tuple[Outcome, str]]:
    return faults_of("contrast", a_mail(html=PAGE.format(css=css, content=content)))


def test_our_own_template_is_looked_at() -> None:
    """A mail of ours passes by day and in the dark, and a colour that is lost in either is found."""
    raw = our_mail(accent="#9b1c1f")
    assert [] == faults_of("contrast", raw)
    html = open_message(raw).html or ""
    faint = re.sub(r"(style=\"[^\"]*?\bcolor: ?)#[0-9a-f]{6}", r"\1#fdfdfd", html)
    assert "by day" in " ".join(what for outcome, what in faults_of("contrast", a_mail(html=faint)))
    before, dark, rest = html.partition("@media (prefers-color-scheme: dark)")
    lost = before + dark + re.sub(r"(\{ ?color: ?)#[0-9a-f]{6}", r"\1#141414", rest)
    assert {"in the dark"} == {
        when
        for _, what in faults_of("contrast", a_mail(html=lost))
        for when in ("by day", "in the dark")
        if when in what
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<p style="color:#999">Grey</p>', "#999999 on #ffffff has 2.8 to 1 by day; it needs 4.5."),
        ('<p style="color:rgb(150, 150, 150)">Grey</p>', "#969696 on #ffffff has 3.0 to 1 by day; it needs 4.5."),
        ('<font color="#888888">Grey</font>', "#888888 on #ffffff has 3.5 to 1 by day; it needs 4.5."),
        ('<table bgcolor="#000000"><tr><td><a href="#">Link</a></td></tr></table>', ""),
        ('<p style="color:rgba(0,0,0,.4)">Faint</p>', "#999999 on #ffffff has 2.8 to 1 by day; it needs 4.5."),
        ('<h1 style="color:#aaa">Large</h1>', "#aaaaaa on #ffffff has 2.3 to 1 by day; it needs 3.0."),
    ],
)
def test_faint_text_is_told(content: str, said: str) -> None:
    """Text below what WCAG asks for is told, with both colours; large text needs less."""
    ((outcome, what), *_) = faults(content)
    assert not said or (Outcome.WARN, said) == (outcome, what)


def test_unreadable_text_blocks() -> None:
    """Text that nobody can read is a mistake."""
    found = faults('<p style="color:#fefefe">White on white</p>')
    assert [(Outcome.BLOCK, "#fefefe on #ffffff has 1.0 to 1 by day; it needs 4.5.")] == found


def test_large_text_needs_less() -> None:
    """Grey that is too faint for text is enough for a headline, and for bold from 18.66 px."""
    assert [] == faults('<h1 style="color:#888888">Large</h1>')
    assert [] == faults('<p style="color:#888;font-size:19px;font-weight:700">Bold</p>')
    assert faults('<p style="color:#888;font-size:19px">Not bold</p>')


def test_text_is_seen_on_the_nearest_ground() -> None:
    """A cell's own background counts, and what is laid over it in part."""
    assert [] == faults('<div style="background:#000"><p style="color:#eee">Light</p></div>')
    assert faults('<div style="background:#000"><p style="background:#fff;color:#eee">Lost</p></div>')
    assert [] == faults(
        '<div style="background:#000"><span style="background:rgba(255,255,255,.1);color:#fff">a</span></div>'
    )


def test_hidden_text_needs_no_contrast() -> None:
    """The preheader, and whatever else is not shown, is not looked at."""
    for hiding in (
        "display:none",
        "visibility:hidden",
        "font-size:0",
        "max-height:0;overflow:hidden",
        "opacity:0",
    ):
        assert [] == faults(f'<div style="color:#fff;{hiding}">Hidden<b> all of it</b></div>'), hiding


def test_the_dark_is_looked_at() -> None:
    """Where only the page turns dark, its text is lost there, and that alone is told."""
    css = "@media (prefers-color-scheme: dark) { body { background-color: #111111 !important } }"
    found = faults("<p>Text</p>", css)
    assert [(Outcome.BLOCK, "#111111 on #111111 has 1.0 to 1 in the dark; it needs 4.5.")] == found
    mended = css.replace("!important }", "!important; color: #eeeeee !important }")
    assert [] == faults("<p>Text</p>", mended)


def test_what_is_inlined_wins_unless_it_is_important() -> None:
    """A rule for the dark without !important does not win over an inlined style, as in a mail program."""
    css = "@media (prefers-color-scheme: dark) { p { color: #ffffff } }"
    content = '<p style="color:#111111;background-color:#fff">Text</p>'
    assert [] == faults(content, css)
    assert faults(content, css.replace("#ffffff", "#ffffff !important"))


def test_the_more_specific_rule_wins() -> None:
    """Of two important rules the one with a class wins over the one without, whichever comes first."""
    css = ".good { color: #000 !important } p { color: #fff !important }"
    assert [] == faults('<p class="good">Text</p>', css)
    assert faults("<p>Text</p>", css)


def test_rules_for_phones_and_odd_selectors_harm_nothing() -> None:
    """Rules for widths, print and selectors that cannot be read are left out."""
    white = "p { color:#fff }"
    css = f"@media (max-width:600px) {{ {white} }} @media print {{ {white} }} p::first-line,:::{{color:#fff}}"
    assert [] == faults("<p>Text</p>", css)


def test_a_picture_behind_text_is_not_judged() -> None:
    """What lies on a picture cannot be measured here."""
    assert [] == faults_of(
        "contrast", with_html('<td style="background:#fff url(a.png)"><p style="color:#fff">a</p></td>')
    )
