"""What a form says is read, whatever it is."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.public.form_token import make_form_token
from newsletter.web.public.sign_up_form import clean_source


@given(st.text())
def test_a_source_is_fit_to_be_stored(given: str) -> None:
    """At most two hundred characters, each of them printable, and a second cleaning changes nothing."""
    cleaned = clean_source(given)
    assert len(cleaned) <= 200
    assert cleaned.isprintable() or not cleaned
    assert clean_source(cleaned) == cleaned


def test_a_usual_source_stays_as_it_is() -> None:
    """The address of a page is no worse for it."""
    assert clean_source(" https://paper.example/news/today ") == "https://paper.example/news/today"
    assert clean_source("a\0b\r\nc\u2028d\ud800") == "abcd"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"address"',
        b"{",
        b"\xff",
        b"[" * 60_000,
        b'{"address": 7, "newsletter": {"a": 1}, "token": null, "lang": [], "nonce": true}',
        b'{"address": "\\ud800@example.com", "newsletter": ["\\ud800", 3]}',
        b'{"address": "a\\u0000@example.com", "newsletter": "daily", "source": "\\u0000"}',
    ],
)
def test_json_of_any_kind_is_answered(scene: Any, content: bytes) -> None:
    """What is no form of ours lacks something, and says so."""
    answer = scene.browser().post("/subscribe", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["outcome"] in {"unfit", "unchosen"}


@pytest.mark.parametrize("name", ["lang", "source", "nonce", "framed", "scheme"])
def test_half_a_character_is_no_error(scene: Any, name: str) -> None:
    """JSON can say what no database stores and no page shows; the wish is taken all the same."""
    token = make_form_token(scene.services.tokens, scene.clock() - timedelta(minutes=1))
    wish = {"address": "ann@example.com", "newsletter": "daily", "token": token, name: "\ud800"}
    headers = {"Content-Type": "application/json"}
    assert 202 == scene.browser().post("/subscribe", content=json.dumps(wish), headers=headers).status_code
    assert 1 == len(scene.handle_sign_ups())


def test_a_file_is_no_form(scene: Any) -> None:
    """A form of ours has no files."""
    files = {"address": ("a.txt", b"a@example.com")}
    assert scene.browser().post("/subscribe", files=files).status_code == 400
