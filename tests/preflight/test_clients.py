"""What some mail programs leave out: our own rules, each with something that breaks it."""

import pytest

from newsletter.preflight.clients import MOST_STYLE_BYTES, Feature, features
from newsletter.preflight.finding import Outcome
from tests.preflight.mails import HTML, a_mail, faults_of, findings_of, our_mail, with_html

CLIENTS = {"Gmail", "Outlook", "Outlook for Windows", "Yahoo", "Samsung", "Apple Mail"}

USES = {
    "flex layout": '<p style="display:flex">a</p>',
    "grid layout": '<p style="display: inline-grid">a</p>',
    "positioned boxes": '<p style="position:absolute">a</p>',
    "floating boxes": '<p style="float:left">a</p>',
    "text in columns": '<p style="column-count:2">a</p>',
    "gaps between boxes": '<p style="gap:4px">a</p>',
    "logical sides": '<p style="margin-inline-start:4px">a</p>',
    "transformed boxes": '<p style="transform:rotate(2deg)">a</p>',
    "fitted pictures": '<p style="object-fit:cover">a</p>',
    "clipped or masked boxes": '<p style="clip-path:circle()">a</p>',
    "writing direction by CSS": '<p style="writing-mode:vertical-rl">a</p>',
    "CSS variables": '<p style="margin:var(--x)">a</p>',
    "calculated lengths": '<p style="width:calc(100% - 2px)">a</p>',
    "colours in new notations": '<p style="color:oklch(40% 0.2 20)">a</p>',
    "transparent colours": '<p style="color:rgba(0,0,0,.9)">a</p>',
    "gradients": '<p style="background:linear-gradient(#fff,#eee)">a</p>',
    "background pictures": '<p style="background-image:url(https://a.de/b.png)">a</p>',
    "lengths of the window": '<p style="width:50vw">a</p>',
    "lengths of the root's letters": '<p style="margin:1rem">a</p>',
    "programs": "<script>go()</script>",
    "framed pages": '<iframe src="https://a.de"></iframe>',
    "forms": "<form><input></form>",
    "films and sounds": "<video></video>",
    "drawings in the mail": "<svg></svg>",
    "pictures to choose from": "<picture></picture>",
    "pictures that are drawings": '<img src="https://a.de/b.svg?1">',
    "pictures in WebP or AVIF": '<img src="https://a.de/b.webp">',
    "styles kept elsewhere": '<link rel="stylesheet" href="https://a.de/b.css">',
    "a base address": '<base href="https://a.de/">',
    "a size in words": '<img height="auto">',
    "styles brought in": "<style>@import url(https://a.de/b.css);</style>",
    "layered or nested rules": "<style>@layer base { p { margin: 0 } }</style>",
    "selectors that ask about others": "<style>p:has(a) { margin: 0 }</style>",
    "web fonts": "<style>@font-face { font-family: A; src: url(https://a.de/b.woff) }</style>",
    "rules for phones and for the dark": "<style>@media (max-width: 600px) { p { margin: 0 } }</style>",
    "the reader's colour scheme": "<style>:root { color-scheme: light dark }</style>",
    "round corners": '<p style="border-radius:4px">a</p>',
    "shadows": '<p style="box-shadow:0 0 1px #000">a</p>',
    "movement": '<p style="transition:all 1s">a</p>',
    "limits of size": '<p style="max-width:40px">a</p>',
    "overflow": '<p style="overflow:hidden">a</p>',
    "breaking long words": '<p style="word-break:break-word">a</p>',
    "see-through elements": '<p style="opacity:.5">a</p>',
    "elements under the pointer": "<style>a:hover { color: #000 }</style>",
    "isolated words": "<bdi>a</bdi>",
}


def test_every_rule_is_shown() -> None:
    """The tests have a use for each rule, and each rule names programs that are known and a mend."""
    assert USES.keys() == {each.name for each in features()}
    assert all(each.fails and set(each.fails) <= CLIENTS and each.mend for each in features())


@pytest.mark.parametrize("feature", features(), ids=lambda feature: feature.name)
def test_a_rule_finds_what_it_looks_for(feature: Feature) -> None:
    """What some programs leave out is told with those programs; an enhancement is only named."""
    raw = with_html(USES[feature.name])
    assert not any(feature.name.lower() in each.what.lower() for each in findings_of("mail programs", a_mail()))
    (found,) = [each for each in findings_of("mail programs", raw) if feature.name.lower() in each.what.lower()]
    assert feature.outcome is found.outcome
    if feature.outcome is not Outcome.PASS:
        assert (True, feature.mend) == (all(name in found.what for name in feature.fails), found.mend)


def test_what_only_betters_a_mail_is_left_alone() -> None:
    """Inside @media and @supports anything may stand: whoever reads it there understands it."""
    css = "@media (min-width: 600px) { p { display: flex } } @supports (display: grid) { p { display: grid } }"
    assert [] == faults_of("mail programs", with_html(f"<style>{css}</style>"))


def test_a_large_style_element_is_told() -> None:
    """Gmail drops a style element that is too large."""
    css = "p { margin: 0 }" * (MOST_STYLE_BYTES // 10)
    ((outcome, what),) = faults_of(
        "mail programs", a_mail(html=HTML.replace("</head>", f"<style>{css}</style></head>"))
    )
    assert (Outcome.WARN, True) == (outcome, what.startswith("A style element has"))


def test_a_mail_of_ours_relies_on_nothing_that_fails() -> None:
    """Our templates use enhancements only."""
    assert [] == faults_of("mail programs", our_mail())
    assert [] == faults_of("mail programs", our_mail("ar"))


@pytest.mark.parametrize(
    "content",
    ['<p style="display:block">a</p>', '<a href="https://a.de/b.svg">a</a>', '<p style="font-family:grid">a</p>'],
)
def test_what_is_alike_is_not_told(content: str) -> None:
    """A rule looks at the right property, element and attribute only."""
    assert [] == faults_of("mail programs", with_html(content))
