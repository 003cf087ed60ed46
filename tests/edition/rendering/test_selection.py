"""What an edition is made of."""

from newsletter.edition.rendering.selection import ChosenArticle, Selection


def chosen(number: int) -> ChosenArticle:
    return ChosenArticle(
        article_id=number,
        title=f"Headline {number}",
        url=f"https://paper.example/{number}",
        summary="",
        section="",
        source="Paper",
        author="",
        published_at=None,
        image_url="",
        image_alt="",
        why="why",
        points=1.0,
        parts={},
        votes=None,
        also_in=(),
        language="",
    )


def test_the_articles_are_both_parts_in_the_order_they_are_shown() -> None:
    """The lead is the first top story, and blog posts follow the news."""
    selection = Selection((chosen(1), chosen(2)), (chosen(3),))
    assert [1, 2, 3] == [each.article_id for each in selection.articles]


def test_an_edition_of_blog_posts_has_a_lead_too() -> None:
    """Without any news the first blog post leads."""
    assert 3 == Selection((), (chosen(3),)).articles[0].article_id
