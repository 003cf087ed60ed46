"""What a page says about itself in JSON-LD (schema.org NewsArticle and BlogPosting)."""

from newsletter.gather.article import Genre
from newsletter.sample.feeds import rfc3339
from newsletter.sample.identity import LANGUAGE, PUBLISHER
from newsletter.sample.paper import PublishedArticle


def facts_of(one: PublishedArticle, base_url: str) -> dict[str, object]:
    """Return the page's facts, ready for a template to write as JSON."""
    article = one.article
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle" if article.genre == Genre.NEWS else "BlogPosting",
        "headline": article.headline,
        "description": article.summary,
        "url": base_url + one.path,
        "mainEntityOfPage": base_url + one.path,
        "datePublished": rfc3339(one.published_at),
        "dateModified": rfc3339(one.published_at),
        "articleSection": article.section,
        "inLanguage": LANGUAGE,
        "author": {"@type": "Person", "name": article.author},
        "publisher": {"@type": "Organization", "name": PUBLISHER},
        "image": {
            "@type": "ImageObject",
            "url": f"{base_url}/pictures/{article.picture.name}.jpg",
            "caption": article.caption,
            "creditText": article.credit,
            "width": 1200,
            "height": 675,
        },
        "commentCount": article.comments,
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": "https://schema.org/LikeAction",
            "userInteractionCount": article.votes,
        },
    }
    return facts | ({"dateline": article.dateline} if article.dateline else {})
