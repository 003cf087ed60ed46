"""What an XML feed says about the use of an article."""

from datetime import UTC, datetime

import pytest

from newsletter.gather.article import Article
from newsletter.gather.formats.feed import parse_feed

NAMESPACES = 'xmlns:nl="urn:newsletter:article" xmlns:nar="http://iptc.org/std/nar/2006-10-01/" xmlns:x="urn:else"'


def read(inside: str) -> tuple[Article, ...]:
    """Read a feed with one article."""
    item = f"<item><title>Ferry reopens</title><link>/ferry</link>{inside}</item>"
    return parse_feed(
        f'<rss version="2.0" {NAMESPACES}><channel>{item}</channel></rss>'.encode(), "https://news.example/"
    ).articles


def test_our_own_words_are_read() -> None:
    """Correction, embargo and the site's own favour, beside the votes."""
    (article,) = read(
        "<nl:votes>7</nl:votes><nl:correction>The harbour is &lt;b&gt;Veld&lt;/b&gt;.</nl:correction>"
        "<nl:embargo-until>2026-08-13T10:00:00+02:00</nl:embargo-until><nl:featured> True </nl:featured>"
    )
    assert (article.votes, article.correction, article.is_featured) == (7, "The harbour is Veld.", True)
    assert article.embargo_ends_at == datetime(2026, 8, 13, 8, tzinfo=UTC)
    assert not article.is_withdrawn


@pytest.mark.parametrize(
    ("inside", "is_withdrawn"),
    [
        ("<nl:withdrawn>true</nl:withdrawn>", True),
        ("<nl:withdrawn>false</nl:withdrawn>", False),
        ("<nl:withdrawn/>", False),
        ('<nar:pubStatus qcode="stat:canceled"/>', True),
        ('<nar:pubStatus qcode="stat:withheld"/>', True),
        ('<nar:pubStatus qcode="stat:usable"/>', False),
        ('<nar:pubStatus uri="http://cv.iptc.org/newscodes/pubstatusg2/canceled"/>', True),
        ("<nar:pubStatus>canceled</nar:pubStatus>", True),
        ('<x:pubStatus qcode="stat:canceled"/>', False),
        ("<x:withdrawn>true</x:withdrawn>", False),
        ("<withdrawn>true</withdrawn>", False),
    ],
)
def test_what_its_publisher_takes_back_is_withdrawn(inside: str, is_withdrawn: bool) -> None:
    """In our word or the IPTC's, and in nobody else's."""
    assert [each.is_withdrawn for each in read(inside)] == [is_withdrawn]


@pytest.mark.parametrize(
    ("inside", "ends"),
    [
        ("<nar:embargoed>2026-08-13T10:00:00Z</nar:embargoed>", [datetime(2026, 8, 13, 10, tzinfo=UTC)]),
        ("<nar:embargoed/>", [None]),
        (
            "<nl:embargo-until>Thu, 13 Aug 2026 10:00:00 GMT</nl:embargo-until>",
            [datetime(2026, 8, 13, 10, tzinfo=UTC)],
        ),
        ("<nl:embargo-until>after the vote</nl:embargo-until>", []),
        ("<x:embargo-until>after the vote</x:embargo-until>", [None]),
    ],
)
def test_an_embargo_is_kept(inside: str, ends: list[datetime | None]) -> None:
    """One whose end cannot be read leaves the article out: no guess may break it."""
    assert [each.embargo_ends_at for each in read(inside)] == ends
