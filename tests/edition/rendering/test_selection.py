"""What an edition is made of."""

from newsletter.edition.rendering.selection import Selection
from tests.edition.rendering.builders import an_article


def test_the_articles_are_both_parts_in_the_order_they_are_shown() -> None:
    """The lead is the first top story, and blog posts follow the news."""
    selection = Selection((an_article(1), an_article(2)), (an_article(3),))
    assert [1, 2, 3] == [each.article_id for each in selection.articles]


def test_an_edition_of_blog_posts_has_a_lead_too() -> None:
    """Without any news the first blog post leads."""
    assert 3 == Selection((), (an_article(3),)).articles[0].article_id
