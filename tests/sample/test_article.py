"""Every article file is an article and reads like one."""

from importlib.resources import files

import pytest

from newsletter.gather.article import Genre
from newsletter.sample.article import SampleArticle, all_articles, parse_article

ARTICLES = all_articles()
every_article = pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.slug)


def test_every_file_is_loaded_once() -> None:
    """Each file in the folder is one article, named after its slug."""
    names = sorted(file.name for file in files("newsletter.sample").joinpath("articles").iterdir())
    assert names == sorted(f"{article.slug}.toml" for article in ARTICLES)


@every_article
def test_sizes(article: SampleArticle) -> None:
    """Headline, summary and text have the length that a newspaper gives them."""
    assert 40 <= len(article.headline) <= 90
    assert 120 <= len(article.summary) <= 220
    assert article.summary.endswith((".", "!", "?", "”"))
    assert 90 <= len(article.text.split()) <= 250


@every_article
def test_figures(article: SampleArticle) -> None:
    """Age, votes and comments are in range, and the day is named."""
    assert 0 < article.hours_ago < 24
    assert min(article.votes, article.comments) >= 0
    assert article.days in {"even", "odd"}


@every_article
def test_words_are_there(article: SampleArticle) -> None:
    """Nothing that the pages show is empty."""
    assert all((article.author, article.section, article.caption, article.credit, article.paragraphs))


def test_a_place_has_one_article_a_day() -> None:
    """The two papers are laid out alike: same places, genres, sections and hours, except for the bloggers'."""
    layouts = [
        {
            (one.place, one.hours_ago, one.genre, one.section if one.genre == Genre.NEWS else "")
            for one in ARTICLES
            if one.days == days
        }
        for days in ("even", "odd")
    ]
    assert layouts[0] == layouts[1]
    assert len(layouts[0]) == len(ARTICLES) / 2


def test_two_articles_cover_each_event_from_two_sections() -> None:
    """Story grouping has one pair to find in each paper."""
    pairs = {one.event: [other for other in ARTICLES if other.event == one.event] for one in ARTICLES if one.event}
    assert sorted(len(pair) for pair in pairs.values()) == [2, 2]
    for pair in pairs.values():
        assert len({one.section for one in pair}) == 2
        assert len({one.days for one in pair}) == 1


def test_subheadings_are_told_from_paragraphs() -> None:
    """A line that begins with two number signs is a sub-heading, without them."""
    article = next(one for one in ARTICLES if one.slug == "saltmarsh-tidal-mill-reopens")
    headings = [paragraph.text for paragraph in article.paragraphs if paragraph.is_subheading]
    assert headings == ["Work by hand and by tide", "Flour for two bakeries"]


def test_a_file_with_an_unknown_field_is_refused() -> None:
    """A misspelt field is not silently dropped."""
    text = files("newsletter.sample").joinpath("articles/three-ways-with-old-bread.toml").read_text("utf-8")
    with pytest.raises(TypeError, match="headlime"):
        parse_article(text + '\nheadlime = "x"\n')
