"""Which language a page speaks."""

import pytest

from newsletter.web.tongue import best


@pytest.mark.parametrize(
    ("expected", "asked", "offered"),
    [
        ("de", "de", ["en", "de"]),
        ("de", "fr;q=0.4, de;q=0.8", ["fr", "de"]),
        ("fr", "fr, de", ["de", "fr"]),
        ("de", "DE-at", ["en", "de"]),
        ("ar-JO", "ar", ["en", "ar-JO"]),
        ("pt-BR", "pt-BR, pt;q=0.9", ["pt-PT", "pt-BR"]),
        ("pt-PT", "pt, pt-BR;q=0.2", ["pt-BR", "pt-PT"]),
        ("tr", "fi, *;q=0.1", ["tr", "es"]),
        ("es", "*, tr;q=0", ["tr", "es"]),
        ("", "tr;q=0", ["tr"]),
        ("", "fi", ["tr", "es"]),
        ("", "pt-PT", ["pt-BR"]),
        ("", "", ["tr"]),
        ("", "de", []),
        ("tr", ";;,, ,q=1,tr;q=much, tr", ["tr"]),
        ("", "tr;q=7", ["tr"]),
        ("", "tr;q=nan", ["tr"]),
        ("es", "es;level=1", ["es"]),
        ("", ",".join(["fi"] * 50) + ",tr", ["tr"]),
    ],
)
def test_a_browser_gets_what_it_likes_best(expected: str, asked: str, offered: list[str]) -> None:
    """Quality first, then the header's order; a range takes its regions, a region its language."""
    assert expected == best(asked, offered)
