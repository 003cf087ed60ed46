"""Where an edition is read."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from newsletter.edition.addresses import edition_url, is_public, read_seal
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import EditionKind
from newsletter.tokens import Purpose, Tokens

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NOTHING: dict[str, Any] = dict.fromkeys(Edition.__dataclass_fields__)
DAILY = Edition(
    **{
        **NOTHING,
        "id": 7,
        "slug": "daily",
        "key": "2026-03-02",
        "edition_on": date(2026, 3, 2),
        "state": EditionState.DONE,
        "kind": EditionKind.DIGEST,
    }
)
NAMED = replace(DAILY, key="2026-03-02~12345678", subscription_ids=[1])


@pytest.mark.parametrize(
    ("found", "expected"),
    [(DAILY, True), (NAMED, False), (replace(DAILY, kind=EditionKind.CORRECTION), False)],
)
def test_who_may_read_it(found: Edition, expected: bool) -> None:
    """Everybody, save where it was for a few or is about one article."""
    assert expected == is_public(found)


def test_an_address_names_the_language(tokens: Tokens) -> None:
    """The newsletter's own is not named."""
    assert "https://news.example/archive/daily/2026-03-02" == edition_url("https://news.example/", DAILY)
    assert "https://news.example/archive/daily/2026-03-02?lang=pt-BR" == edition_url(
        "https://news.example", DAILY, "pt-BR", tokens
    )


def test_a_seal_is_of_one_edition_for_ever(tokens: Tokens) -> None:
    """Asked for again it is the same; it opens that edition alone."""
    url = edition_url("https://news.example", NAMED, "ar", tokens)
    assert url == edition_url("https://news.example", NAMED, "ar", tokens)
    head, seal = url.split("&seal=")
    assert "https://news.example/archive/daily/2026-03-02~12345678?lang=ar" == head
    assert 7 == read_seal(tokens, seal)
    assert None is read_seal(tokens, tokens.sign(Purpose.UNSUBSCRIBE, 7, AT))
    assert None is read_seal(tokens, "é")
