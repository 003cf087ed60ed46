"""docs/choosing.md names what exists."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from newsletter.edition.choosing.candidates import MOST_HEADLINES, STORY_LOOK_BACK
from newsletter.edition.choosing.corrections import MOST_TOLD
from newsletter.edition.choosing.listed import MOST
from newsletter.edition.choosing.marks import MOST_BOOST
from newsletter.edition.choosing.runs import TRIALS_KEPT
from newsletter.edition.choosing.updates import LOOK_BACK
from newsletter.gather.memory.substance import LATE_ENOUGH, MOST_CHANGED
from newsletter.publication.newsletters import NewsletterSettings

PAGE = (Path(__file__).parent.parent.parent / "docs/choosing.md").read_text()


def test_every_setting_named_exists() -> None:
    """Whatever stands in a table's column of settings, or looks like one, is a setting of a newsletter."""
    known = {each.name for each in fields(NewsletterSettings)}
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", PAGE))
    assert set() == named - known


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            *(
                "window_hours",
                "carry_hours",
                "excluded",
                "never_lead",
                "story_cut",
                "max_per_source",
                "section_share",
            ),
            *("likeness_penalty", "top_stories", "blog_posts", "min_articles", "most_skips", "show_why", "quiet"),
            *(each.name for each in fields(NewsletterSettings) if each.name.endswith("_points")),
        }
    ),
)
def test_every_setting_of_choosing_is_named(name: str) -> None:
    """No setting that decides about an article is left out."""
    assert f"`{name}`" in PAGE


def test_the_figures_are_those_of_the_code() -> None:
    """Limits that no setting changes stand there as they are."""
    figures = {
        f"{STORY_LOOK_BACK.total_seconds() / 3600:.0f} h",
        f"{MOST_HEADLINES:,}",
        f"{MOST:,}",
        f"up to {MOST_BOOST} points",
        f"kept for {TRIALS_KEPT.days} days",
        f"{MOST_CHANGED:.0%}".replace("%", " %"),
    }
    assert set() == {each for each in figures if each not in PAGE}
    assert (6, 7, 5) == (LATE_ENOUGH.total_seconds() / 3600, LOOK_BACK.days, MOST_TOLD)
