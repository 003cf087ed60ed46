"""Clicks: who follows a link, as far as a request tells."""

import pytest

from newsletter.insight.clicks import seems_automatic

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "accept-language": "en"}


@pytest.mark.parametrize(
    ("expected", "headers"),
    [
        (False, BROWSER),
        (False, {**BROWSER, "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"}),
        (False, {**BROWSER, "user-agent": "Mozilla/5.0 (Linux; Android 15; Cubot X70) Chrome/140.0"}),
        (True, {**BROWSER, "user-agent": "Mozilla/5.0 (compatible; ExampleBot/2.1)"}),
        (True, {**BROWSER, "user-agent": "curl/8.14"}),
        (True, {**BROWSER, "user-agent": ""}),
        (True, {"accept-language": "en"}),
        (True, {"user-agent": BROWSER["user-agent"]}),
        (True, {**BROWSER, "sec-purpose": "prefetch"}),
        (True, {**BROWSER, "purpose": "prefetch"}),
    ],
)
def test_what_seems_automatic(*, expected: bool, headers: dict[str, str]) -> None:
    """A browser has a name and a language and goes where its reader does; what lacks either is a machine."""
    assert expected is seems_automatic(headers, is_head=False)
    assert seems_automatic(headers, is_head=True)
