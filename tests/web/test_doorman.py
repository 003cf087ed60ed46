"""What holds for every answer."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

PAGES = [
    "/",
    "/subscribed",
    "/archive/daily",
    "/console/login",
    "/mailbox",
    "/nothing",
    "/static/web.css",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_headers(scene: Any, path: str) -> None:
    """No page runs anything inline, is framed, or is taken for another type."""
    answer = scene.browser().get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in {"no-referrer", "same-origin"}
    assert "style=" not in answer.text


def test_another_host_is_turned_away(scene: Any) -> None:
    """A name that is not ours serves nothing, except to who asks how we are."""
    browser = scene.browser()
    browser.headers["Host"] = "evil.example"
    answer = browser.get("/")
    assert answer.status_code == 400
    assert "http://localhost:8000" in answer.text
    assert browser.get("/healthz").status_code == 200
    for host in ("[", "", "localhost:8000@evil.example", "localhost.evil.example"):
        browser.headers["Host"] = host
        assert browser.get("/").status_code == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:8000"])
def test_loopback_has_several_names(scene: Any, host: str) -> None:
    """On one machine it does not matter which of them is used."""
    browser = scene.browser()
    browser.headers["Host"] = host
    assert browser.get("/").status_code == 200


def test_a_large_form_is_refused(scene: Any) -> None:
    """A hundred thousand fields are not read, with or without their length given."""
    fields = "&".join(f"a{number}=1" for number in range(100_000)).encode()

    def pieces() -> Iterator[bytes]:
        yield fields

    before = scene.everything()
    browser = scene.browser()
    browser.headers["Content-Type"] = "application/x-www-form-urlencoded"
    for content in (fields, pieces()):
        answer = browser.post("/subscribe", content=content)
        assert answer.status_code == 413
        assert "<h1>" in answer.text
    assert scene.everything() == before


def test_what_cannot_be_read_is_a_page(scene: Any) -> None:
    """A broken multipart form is an error of ours to the eye, and no traceback."""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = scene.browser().post("/subscribe", content=b"--y\r\nnonsense", headers=headers)
    assert answer.status_code == 400
    assert "Traceback" not in answer.text


def test_what_no_row_can_have_is_a_page(scene: Any) -> None:
    """A NUL in a name is the asker's fault, not ours."""
    browser = scene.browser()
    browser.headers["Origin"] = "http://localhost:8000"
    form = {"address": "a\0b@example.com", "password": "x"}
    answers = [
        browser.get("/archive/a%00b"),
        browser.get("/archive/daily/a%00b"),
        browser.post("/console/login", data=form),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert browser.post("/subscribe", data=form).status_code == 422


def test_a_fault_of_ours_shows_nothing_of_itself(
    scene: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever breaks, the reader sees a plain page, and the log where it broke but no variable's value."""

    def broken(*_: object) -> None:
        token = "canary-value"
        raise ZeroDivisionError("secret detail") if token else ValueError

    monkeypatch.setattr("newsletter.web.public.box.list_newsletters", broken)
    answer = scene.browser().get("/")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "<h1>Something went wrong here.</h1>" in answer.text
    logged = "".join(capsys.readouterr())
    assert "secret detail" in logged
    assert "canary-value" not in logged
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_nothing_describes_the_doors_to_strangers(scene: Any) -> None:
    """There is no generated documentation."""
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert scene.browser().get(path).status_code == 404


def test_a_publishers_own_style_sheet_wins(make_scene: Callable[..., Any], tmp_path: Any) -> None:
    """TEMPLATES_DIR is laid over ours file by file, and leads nowhere else."""
    own = tmp_path / "own" / "web" / "static"
    own.mkdir(parents=True)
    (own / "web.css").write_text("body { color: green }")
    browser = make_scene(templates_dir=tmp_path / "own").browser()
    answer = browser.get("/static/web.css")
    assert answer.text == "body { color: green }"
    assert answer.headers["content-type"].startswith("text/css")
    assert browser.get("/static/progress.js").status_code == 200
    for name in ("..%2Fbase.html", "base.html", "%2e%2e%2fbase.html", "nosuch.css", "web.css%00"):
        assert browser.get(f"/static/{name}").status_code == 404
