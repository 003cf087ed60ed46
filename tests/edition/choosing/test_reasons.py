"""Why an article is here."""

from datetime import timedelta

import pytest

from newsletter.edition.choosing.reasons import Reason, ReasonKind, in_words


@pytest.mark.parametrize("kind", list(ReasonKind))
def test_every_reason_can_be_said(kind: ReasonKind) -> None:
    """No kind is without words, with its figures or without them."""
    assert in_words(Reason(kind))
    assert in_words(Reason(kind, 3, timedelta(hours=2), "City"))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("most voted today (7 votes in 3 h)", Reason(ReasonKind.MOST_VOTED, 7, timedelta(hours=3))),
        ("most voted (7 votes in 2 days)", Reason(ReasonKind.MOST_VOTED, 7, timedelta(hours=50))),
        ("1 vote in 20 min", Reason(ReasonKind.VOTED, 1, timedelta(minutes=20))),
        ("placed 2nd by its newsroom", Reason(ReasonKind.PLACED, 2)),
        ("in 4 sources", Reason(ReasonKind.COVERED, 4)),
        ("your editors' pick", Reason(ReasonKind.PICKED)),
        ("newest in Region", Reason(ReasonKind.NEWEST, name="Region")),
    ],
)
def test_a_reason_is_said_in_plain_words(said: str, reason: Reason) -> None:
    """The words are those that a reader understands at once."""
    assert said == in_words(reason)
