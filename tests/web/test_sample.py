"""The sample publication has its place under /sample, and only when it is asked for."""

from collections.abc import Callable
from typing import Any

from newsletter.sample.identity import SAMPLE_SOURCES


def test_the_sample_is_served_when_settings_say_so(make_scene: Callable[..., Any]) -> None:
    """Its front page and feeds answer, with our headers on them."""
    browser = make_scene(sample=True).browser()
    front = browser.get("/sample/")
    assert front.status_code == 200
    assert "frame-ancestors 'none'" in front.headers["content-security-policy"]
    for source in SAMPLE_SOURCES:
        assert browser.get(f"/sample{source.path}").status_code == 200


def test_otherwise_there_is_none(make_scene: Callable[..., Any]) -> None:
    """A publisher's own installation shows no paper of ours."""
    assert make_scene(sample=False).browser().get("/sample/").status_code == 404
