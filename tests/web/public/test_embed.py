"""The box on other people's pages: who may frame it, whose scripts may read its answers, and what they get."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from newsletter.publication.newsletters import change_newsletter
from newsletter.web.public.form_token import seconds_to_wait

SITE = "https://www.lantern.example"
STRANGER = "https://elsewhere.example"
ASKING = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
ALLOWED = "access-control-allow-"


@pytest.fixture
def open_scene(make_scene: Callable[..., Any]) -> Any:
    """Give an installation whose box may stand on one other site."""
    return make_scene(form_origins=f"{SITE} https://lantern.example:8443", public_url="https://localhost/letters")


def _told(answer: Any) -> dict[str, str]:
    """Return what an answer says about other sites' scripts."""
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("referrer", ["http://[x", "//", "\u00ff", "mailto:a@b.example"])
def test_a_page_that_names_no_origin_is_no_error(scene: Any, referrer: str) -> None:
    """Whatever stands in Referer, the form is shown, and says of no page that it stood there."""
    page = scene.browser().get("/embed/daily.html", headers={"Referer": referrer.encode("latin-1")})
    assert 200 == page.status_code
    assert 'name="source" value="http' not in page.text


def test_only_named_sites_may_frame_the_box(open_scene: Any) -> None:
    """The frame's policy names them; every other page of ours stays out of frames."""
    browser = open_scene.browser()
    for path in ("/embed/daily.html", "/embed/daily/subscribed"):
        policy = browser.get(path).headers["content-security-policy"]
        assert f"frame-ancestors 'self' {SITE} https://lantern.example:8443" in policy
        assert "default-src 'none'" in policy
    for path in ("/", "/subscribed", "/archive/daily"):
        assert "frame-ancestors 'none'" in browser.get(path).headers["content-security-policy"]


def test_without_sites_only_we_frame_the_box(scene: Any) -> None:
    """FORM_ORIGINS is empty by default."""
    policy = scene.browser().get("/embed/daily.html").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self'")


@pytest.mark.parametrize("origin", [STRANGER, f"{SITE}.evil.example", "http://www.lantern.example", "null", ""])
def test_a_strangers_script_reads_nothing(open_scene: Any, origin: str) -> None:
    """A browser is told of no site but those that are named, by any door."""
    browser = open_scene.browser()
    browser.headers["Origin"] = origin
    answers = [
        browser.get("/embed/daily.json"),
        browser.post("/subscribe", json={"address": "a@example.com"}),
        browser.options("/subscribe", headers=ASKING),
    ]
    assert [{}, {}, {}] == [_told(answer) for answer in answers]
    assert ["Origin"] * 3 == [answer.headers["vary"] for answer in answers]


def test_a_named_sites_script_reads_answers_without_cookies(open_scene: Any) -> None:
    """The preflight lets JSON through, and credentials are never allowed."""
    browser = open_scene.browser()
    browser.headers["Origin"] = SITE
    asked = browser.options("/subscribe", headers=ASKING)
    assert (204, b"", "Origin") == (asked.status_code, asked.content, asked.headers["vary"])
    assert {
        f"{ALLOWED}origin": SITE,
        f"{ALLOWED}methods": "POST",
        f"{ALLOWED}headers": "content-type",
        "access-control-max-age": "600",
    } == _told(asked)
    for answer in (
        browser.get("/embed/daily.json"),
        browser.post("/subscribe", json={"address": "a@example.com"}),
    ):
        assert ({f"{ALLOWED}origin": SITE}, "Origin") == (_told(answer), answer.headers["vary"])
    assert _told(browser.get("/")) == {}


def test_the_facts_are_all_that_a_form_needs(open_scene: Any) -> None:
    """Whoever builds a form of their own finds its words, and a token that will be good."""
    answer = open_scene.browser().get("/embed/daily.json")
    facts = answer.json()
    tokens, now = open_scene.services.tokens, open_scene.clock()
    assert facts["wait"] == seconds_to_wait(tokens, facts.pop("token"), now) == 3
    assert {"newsletter": "daily", "name": "The Daily", "publisher": "The Paper", "lang": "en", "dir": "ltr"} == {
        name: facts[name] for name in ("newsletter", "name", "publisher", "lang", "dir")
    }
    assert {"question", "example", "button", "terms", "moment"} == set(facts["texts"])
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl"), ("de", "ltr")])
def test_each_way_speaks_the_language_that_is_asked_for(open_scene: Any, language: str, direction: str) -> None:
    """Frame, facts and script are in one of the newsletter's languages, in its direction."""
    with open_scene.database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": "ar de"})
    browser = open_scene.browser()
    facts = browser.get(f"/embed/daily.json?lang={language}").json()
    assert (language, direction) == (facts["lang"], facts["dir"])
    page = browser.get(f"/embed/daily.html?lang={language}").text
    assert f'<html lang="{language}" dir="{direction}"' in page
    assert facts["texts"]["question"] in page
    assert json.dumps(facts["texts"]["question"], ensure_ascii=False) in _script(open_scene, language)


def _script(scene: Any, language: str = "en") -> str:
    return str(scene.browser().get(f"/embed/daily.js?lang={language}").content.decode())


def test_the_script_is_small_and_kept(open_scene: Any) -> None:
    """Its program is under four kilobytes, and the same for everybody: it carries no token."""
    answer = open_scene.browser().get("/embed/daily.js")
    assert "text/javascript; charset=utf-8" == answer.headers["content-type"]
    assert "public, max-age=300" == answer.headers["cache-control"]
    assert "cross-origin" == answer.headers["cross-origin-resource-policy"]
    program, words = answer.text.rsplit(")({", 1)
    assert len(program) < 4096
    assert '"root":"https://localhost/letters"' in words
    assert "gzip" == answer.headers["content-encoding"]
    assert int(answer.headers["content-length"]) < 2560
    plain = open_scene.browser().get("/embed/daily.js", headers={"Accept-Encoding": "identity"})
    assert ("content-encoding" in plain.headers, answer.content) == (False, plain.content)
    assert ["Accept-Encoding"] * 2 == [each.headers["vary"] for each in (answer, plain)]


def test_names_stay_words_in_the_script(open_scene: Any) -> None:
    """What a newsletter is called, or coloured, runs nowhere."""
    with open_scene.database.transaction() as connection:
        change_newsletter(connection, "daily", {"accent": "#ffee00"})
    assert '"accent":"#ffee00"' in _script(open_scene)


def test_the_frame_answers_in_the_frame(open_scene: Any) -> None:
    """What the form lacks, and that it was taken, is said where the form stood."""
    browser = open_scene.browser()
    page = browser.get("/embed/daily.html?scheme=light", headers={"Referer": f"{SITE}/news?reader=7"}).text
    assert f'<input type="hidden" name="source" value="{SITE}">' in page
    assert 'class="framed light"' in page
    slip = open_scene.sign_up("no address", framed="daily", newsletter="daily", scheme="light")
    assert (422, True) == (slip.status_code, SITE in slip.headers["content-security-policy"])
    assert 'class="framed light"' in slip.text
    taken = open_scene.sign_up("a@example.com", framed="daily", newsletter="daily", scheme="light", lang="en")
    assert (303, "/letters/embed/daily/subscribed?lang=en&scheme=light") == (
        taken.status_code,
        taken.headers["location"],
    )
    shown = browser.get("/embed/daily/subscribed?lang=en&scheme=light").text
    assert "Look into your mailbox" in shown
    assert "@" not in shown


@pytest.mark.parametrize("path", ["/embed/nosuch.html", "/embed/nosuch.js", "/embed/nosuch.json", "/embed/nosuch"])
def test_a_newsletter_that_is_not_there_is_told(scene: Any, path: str) -> None:
    """A slip in the pasted address is a page that is missing."""
    assert scene.browser().get(path).status_code == 404


def test_a_plain_form_from_anywhere_wants_one_more_press(open_scene: Any) -> None:
    """Without a token its reader comes to our page, filled in; whom it asks about makes no difference."""
    browser = open_scene.browser()
    browser.headers["Origin"] = STRANGER
    page = browser.post("/subscribe", data={"newsletter": "daily", "address": "a@example.com", "lang": "en"})
    assert (200, {}) == (page.status_code, _told(page))
    assert 'value="a@example.com"' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    open_scene.clock.pass_by(timedelta(seconds=1))
    assert open_scene.ringer.rung == []
