"""Themes: what a publisher may change of the look, and how it is refused."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from newsletter.edition.look.colour import contrast, parse
from newsletter.edition.look.theme import DEFAULT, Palette, read_theme
from newsletter.edition.look.themefile import VARIABLES
from newsletter.errors import ContentError
from tests.edition.rendering.builders import MASTHEAD, OURS, an_article, digest, edition

NAMES = sorted(path.stem for path in (OURS / "themes").glob("*.toml"))
DOCS = OURS.parent / "docs" / "templates.md"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "themes" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_we_bring_three_themes_and_one_is_usual() -> None:
    """Each can be read, and the default is among them."""
    assert ["broadsheet", "gazette", "plain"] == NAMES
    assert "broadsheet" == DEFAULT == MASTHEAD.theme


@pytest.mark.parametrize("name", NAMES)
def test_our_themes_can_be_read(name: str) -> None:
    """Ink, small print, running text and every section's colour have 4.5 to 1 on every ground, day and night."""
    theme = read_theme(name, [OURS])
    for palette in (theme.light, theme.dark):
        sections = [palette.legible(wish) for wish in theme.sections.values()]
        for text in (palette.ink, palette.muted, palette.soft, *sections):
            assert all(contrast(parse(text), parse(ground)) >= 4.5 for ground in palette.grounds)


def test_a_theme_inherits_what_it_does_not_say(tmp_path: Path) -> None:
    """One variable makes a theme; the nearer word wins."""
    write(tmp_path, "evening", 'base = "gazette"\ndensity = "compact"\n[light]\nink = "#000000"\n')
    ours, theirs = read_theme("gazette", [OURS]), read_theme("evening", [tmp_path, OURS])
    assert ("compact", "#000000", ours.light.sheet) == (theirs.density, theirs.light.ink, theirs.light.sheet)
    assert (ours.full_stories, ours.dark, ours.rounded) == (theirs.full_stories, theirs.dark, theirs.rounded)


def test_a_publisher_s_theme_may_be_based_on_ours_of_the_same_name(tmp_path: Path) -> None:
    """Overriding broadsheet means to say only what is different."""
    write(tmp_path, "broadsheet", 'base = "broadsheet"\nfull_stories = 9\n')
    assert 9 == read_theme("broadsheet", [tmp_path, OURS]).full_stories
    assert read_theme("broadsheet", [OURS]).light == read_theme("broadsheet", [tmp_path, OURS]).light


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("density = 'airy'", "density: it cannot be 'airy'"),
        ("headline_font = 'Comic Sans'", "headline_font: it cannot be 'Comic Sans'"),
        ("full_stories = 0", "full_stories: it cannot be 0"),
        ("full_stories = true", "full_stories: it cannot be True"),
        ("rounded = 'yes'", "rounded: it cannot be 'yes'"),
        ("colour = '#ffffff'", "colour: there is no such variable"),
        ("[light]\nshadow = '#ffffff'", "light.shadow: there is no such variable"),
        ("[light]\nink = 'red'", "light.ink: 'red' is not a colour"),
        ("[sections]\nWorld = 'blue; } body { x'", "sections.World: "),
        (
            "[light]\nink = '#cccccc'",
            "light.ink: light.ink #cccccc on light.sheet #ffffff has a contrast of 1.6 : 1",
        ),
        ("[dark]\nmuted = '#555555'", "dark.muted #555555 on dark.sheet #1b1c1f has a contrast of"),
        ("[light]\nsheet = '#808080'", "light.sheet: light.muted #5c5a56 on light.sheet #808080"),
        ("[logo]\nlight = 'none.png'", "logo.light: there is no file 'none.png'"),
        ("[logo]\nlight = '../broadsheet.toml'", "logo.light: there is no file"),
        ("[logo]\nwidth = 5000", "logo.width: it cannot be 5000"),
        ("density = ", "cannot be read"),
    ],
)
def test_a_theme_that_cannot_be_used_names_file_variable_and_mend(tmp_path: Path, text: str, told: str) -> None:
    """Whoever wrote it knows where to look and what to write instead."""
    top, _, tables = text.partition("[")
    path = write(tmp_path, "own", f'base = "broadsheet"\n{top}\n{"[" + tables if tables else ""}')
    with pytest.raises(ContentError) as refused:
        read_theme("own", [tmp_path, OURS])
    assert told in refused.value.what
    assert "own.toml" in refused.value.what
    assert refused.value.mend
    assert path.is_file()


@pytest.mark.parametrize("name", ["none", "../../etc/passwd", "", "Broadsheet"])
def test_a_theme_that_is_not_there_names_those_that_are(name: str) -> None:
    """A name is no path."""
    with pytest.raises(ContentError, match="There is no theme") as refused:
        read_theme(name, [OURS])
    assert "broadsheet, gazette, plain" in refused.value.mend


def test_bases_in_a_circle_are_refused(tmp_path: Path) -> None:
    """Reading ends."""
    write(tmp_path, "one", 'base = "two"')
    write(tmp_path, "two", 'base = "one"')
    with pytest.raises(ContentError, match="leads back to itself"):
        read_theme("one", [tmp_path, OURS])


def test_a_theme_without_a_base_says_everything(tmp_path: Path) -> None:
    """What is missing is named."""
    write(tmp_path, "bare", 'density = "compact"')
    with pytest.raises(ContentError, match=r"light\.paper: it is not set"):
        read_theme("bare", [tmp_path, OURS])


@pytest.mark.parametrize("name", NAMES)
def test_every_colour_in_a_mail_is_the_theme_s(name: str) -> None:
    """No colour is written down a second time: a mail has those of its theme and none besides."""
    theme = read_theme(name, [OURS])
    selection = edition(*"abcdefgh", blog_posts=2)
    html = digest(selection, replace(MASTHEAD, theme=name)).html
    known = {getattr(scheme, each.name) for scheme in (theme.light, theme.dark) for each in fields(Palette)}
    known |= {theme.light.soft, theme.dark.soft}
    known |= {theme.light.legible(MASTHEAD.accent), theme.dark.legible(MASTHEAD.accent)}
    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", html)) <= known


def test_a_section_has_its_colour_in_both_schemes(tmp_path: Path) -> None:
    """By its name, whatever the case; darkened or lightened until it can be read."""
    write(tmp_path, "own", 'base = "broadsheet"\n[sections]\nCity = "#ffd400"\n')
    theme = read_theme("own", [tmp_path, OURS])
    html = digest(edition("a"), replace(MASTHEAD, theme="own"), tmp_path).html
    assert f"color:{theme.light.legible('#ffd400')}" in html.replace(" ", "")
    assert f".hue1 {{ color: {theme.dark.legible('#ffd400')} !important }}" in html
    assert "color:#ffd400" not in html.replace(": ", ":").partition("<body")[2]


def test_the_fewest_stories_in_full_make_the_most_briefs() -> None:
    """How many are set with picture and summary is the theme's business, and no HTML's."""
    stories = tuple(an_article(number) for number in range(1, 9))
    selection = replace(edition("a"), top_stories=stories)
    pictures = {name: digest(selection, replace(MASTHEAD, theme=name)).html.count("<img") for name in NAMES}
    assert {"broadsheet": 4, "gazette": 6, "plain": 1} == pictures


def test_the_docs_list_every_variable() -> None:
    """docs/templates.md has a row for each variable of a theme, and each row is one."""
    table = DOCS.read_text().split("## Themes\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| `")]
    told = [name.strip(" `") for row in rows for name in row.split(",")]
    assert [*VARIABLES, "sections.*"] == told
