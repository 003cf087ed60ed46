"""What never goes out, and what never leads."""

from dataclasses import dataclass

import pytest

from newsletter.edition.choosing.barring import excluded, form_here
from newsletter.gather.article import Form

EXCLUDED = "sponsored, partner content"
NEVER_LEAD = "live, live blog, quiz"


@dataclass(frozen=True)
class Filed:
    """An article as far as it says where it was filed."""

    title: str = "A bridge opens"
    url: str = "https://paper.example/city/a-bridge-opens"
    section: str = ""
    form: str = Form.PLAIN


@pytest.mark.parametrize(
    ("expected", "filed"),
    [
        ("", Filed()),
        ("excluded: sponsored", Filed(section="Sponsored")),
        ("excluded: sponsored", Filed(form=Form.SPONSORED)),
        ("excluded: partner content", Filed(url="https://paper.example/partner-content/a-bridge")),
        ("excluded: sponsored", Filed(title="Sponsored: a bridge for you")),
        ("excluded: sponsored", Filed(title="[Sponsored] A bridge for you")),
        ("excluded: sponsored", Filed(title="(Sponsored) A bridge for you")),
        ("excluded: partner content", Filed(title="A bridge for you | PARTNER-CONTENT")),
        ("", Filed(title="Council sponsored a bridge")),
        ("", Filed(title="Council at odds: sponsored bridges")),
        ("", Filed(url="https://paper.example/city/sponsored-bridge-opens")),
        ("", Filed(title="Who sponsored the bridge that fell: an inquiry")),
        ("", Filed(url="https://[broken/sponsored/x")),
    ],
)
def test_what_never_goes_out(expected: str, filed: Filed) -> None:
    """It is told by where a site files it, never by a word that its headline happens to have."""
    assert expected == excluded(filed, EXCLUDED)


def test_words_are_named_in_plain_form() -> None:
    """Case, signs and gaps make no difference, and an empty word names nothing."""
    assert "excluded: partner content" == excluded(Filed(section="Partner content"), "ads,, Partner-Content ")
    assert "" == excluded(Filed(), " , ,")


def test_with_no_words_nothing_is_excluded() -> None:
    """An operator who empties the setting gets everything."""
    assert "" == excluded(Filed(section="Sponsored", form=Form.SPONSORED), "")


@pytest.mark.parametrize(
    ("expected", "filed"),
    [
        (Form.PLAIN, Filed()),
        (Form.LIVE, Filed(form=Form.LIVE)),
        (Form.NOTICE, Filed(title="Live updates: the storm")),
        (Form.NOTICE, Filed(url="https://paper.example/live-blog/the-storm")),
        (Form.NOTICE, Filed(section="Quiz")),
        (Form.PLAIN, Filed(title="Where to live in the city")),
    ],
)
def test_what_never_leads(expected: Form, filed: Filed) -> None:
    """A form of its own, or a word it is filed under, keeps an article from the first place."""
    assert expected is form_here(filed, NEVER_LEAD)
    assert Form.PLAIN is form_here(filed, " ")
