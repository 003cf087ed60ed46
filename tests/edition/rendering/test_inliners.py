"""Two programs that write CSS onto elements agree on what they write."""

import re
from dataclasses import replace

import css_inline
import lxml.html
import pytest

from newsletter.edition.rendering import content
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.inline import inline
from tests.edition.rendering.builders import ARTICLE, MASTHEAD, OURS, confirmation_of, digest, edition


def declarations(html: str) -> list[tuple[str, str, dict[str, str]]]:
    """Return each element of the body with its class and its declarations, spelt alike."""
    found = []
    body = lxml.html.document_fromstring(html).body
    assert body is not None
    for element in body.iter():
        # A parser of HTML 5 puts this one in by itself.
        if not isinstance(element.tag, str) or element.tag == "tbody":
            continue
        written = (each.partition(":") for each in element.get("style", "").split(";") if each.strip())
        style = {name.strip().lower(): alike(value) for name, _, value in written}
        found.append((element.tag, element.get("class", ""), style))
    return found


def alike(value: str) -> str:
    """Return a value without what does not matter: how a colour is spelt, kinds of quotes, white space, zeros."""
    plain = re.sub(r"\s*,\s*", ",", value.strip().replace("'", '"'))
    plain = re.sub(r"(?<![0-9])0\.", ".", plain)
    return re.sub(r"#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})\b", lambda colour: whole(colour[1].lower()), plain)


def whole(colour: str) -> str:
    """Return a colour in six digits."""
    return "#" + (colour if len(colour) > 3 else "".join(digit * 2 for digit in colour))


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give a list of every mail's HTML as it is handed to the inliner."""
    handed: list[str] = []

    def keep(html: str) -> str:
        handed.append(html)
        return inline(html)

    monkeypatch.setattr(content, "inline", keep)
    return handed


@pytest.mark.parametrize("theme", ["broadsheet", "gazette", "plain"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_second_inliner_writes_the_same(language: str, theme: str, rendered: list[str]) -> None:
    """Every element of a digest and of a letter has the same declarations from premailer and from css-inline."""
    masthead = replace(MASTHEAD, language=language, theme=theme)
    stories = edition(*(f"Story {number}" for number in range(12)), blog_posts=2)
    digest(replace(stories, top_stories=(ARTICLE, *stories.top_stories)), masthead)
    Stationery([OURS]).write("confirm", masthead, confirmation_of("https://news.example/c"))
    assert len(rendered) == 2
    for html in rendered:
        other = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True).inline(html)
        ours = declarations(inline(html))
        assert any(style for _, _, style in ours)
        assert declarations(other) == ours
