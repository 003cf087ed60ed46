"""Site profiles: checked when they are loaded, chosen by the page when none is named."""

from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.gather.page.profile import READY, choose_profile, load_profile, parse_profile
from newsletter.gather.page.read import read_page
from newsletter.gather.page.tree import parse_page


@pytest.mark.parametrize("name", READY)
def test_ready_profiles_can_be_used(name: str) -> None:
    """Each profile that comes with us has rules for what readers look at first."""
    assert {"title", "published", "image"} <= set(load_profile(name).rules)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<meta name="Generator" content="Drupal 7 (http://drupal.org)">', "drupal7"),
        ('<meta name="generator" content="Drupal 10 (https://www.drupal.org)">', "drupal10"),
        ('<meta name="generator" content="WordPress 6.8.3">', "wordpress"),
        ('<meta name="generator" content="Ghost 5.9">', "ghost"),
        ('<link rel="https://api.w.org/" href="/wp-json/">', "wordpress"),
        ('<meta name="generator" content="Hugo 0.1">', None),
    ],
)
def test_the_page_tells_its_system(head: str, expected: str | None) -> None:
    """A page's generator, or else its markup, chooses the profile."""
    root = parse_page(f"<html><head>{head}</head><body><p>x</p></body></html>".encode())
    assert root is not None
    chosen = choose_profile(root)
    assert expected == (chosen.name if chosen else None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[title", "Expected"),
        ("[mood]\nselectors=['p']", "[mood]"),
        ("[title]\nselectors=['p >>> q']", "selector"),
        ("[title]\nselectors=['p']\npatterns=['(']", "pattern"),
        ("[title]\npatterns=['x']", "no selectors"),
        ("[title]\nselectors=['p/@{']", "attribute"),
        ("[title]\nselectors='p'", "list"),
        ("[title]\nselector=['p']", "selector"),
        ("[site]\nzone='Mars/Olympus'", "Mars/Olympus"),
        ("title = 3", "title"),
    ],
)
def test_a_fault_is_told(text: str, told: str) -> None:
    """What a profile cannot mean is named before any page is read by it."""
    with pytest.raises(SettingsError) as error:
        parse_profile("own", text.encode())
    assert told in str(error.value)


@pytest.mark.parametrize("name", ["drupal8", "../secrets", "/nowhere/own.toml"])
def test_a_profile_that_is_not_there(name: str) -> None:
    """Neither an unknown name nor a missing file is a profile."""
    with pytest.raises(SettingsError):
        load_profile(name)


def test_a_publishers_own_file(tmp_path: Path) -> None:
    """A profile named by its path finds what no ready one knows, and says that it did."""
    own = tmp_path / "gazette.toml"
    own.write_text(
        """
        [votes]
        selectors = ["span.thumbs/@data-up"]
        [published]
        selectors = [".when"]
        patterns = ["Printed (.+)"]
        """
    )
    html = b"<body><h1>News</h1><div class=when>Printed 3 May 2024</div><span class=thumbs data-up='1,204'></span>"
    facts = read_page(html, "", load_profile(str(own)))
    assert (1204, "profile gazette") == (facts.votes, facts.origins["votes"])
    assert facts.published_at is not None
    assert "2024-05-03" == str(facts.published_at.date())


def test_comments_are_not_the_article() -> None:
    """The name above a reader's comment is not the author's."""
    html = b"""<meta name=generator content="Drupal 7"><body><h1>News</h1>
      <div id=comments><div class=comment><div class=submitted>By Somebody Else on May 3, 2024</div></div></div>"""
    assert "" == read_page(html, "").author
