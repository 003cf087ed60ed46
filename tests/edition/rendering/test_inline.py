"""CSS onto elements, without a network."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cssutils
import pytest

from newsletter.edition.rendering.inline import inline
from newsletter.errors import ContentError


class Canary(ThreadingHTTPServer):
    """A server that remembers who came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Keeper)
        self.seen: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/spy.css"


class Keeper(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Canary)
        self.server.seen.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/css")
        self.end_headers()
        self.wfile.write(b"p { color: red }")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the parent's own name
        """Keep the test's output clean."""


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def page(head: str, body: str = "<p>Hello</p>") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def test_ordinary_rules_move_onto_the_elements() -> None:
    """A client without style sheets still shows our layout."""
    assert '<p style="color:red">Hello</p>' in inline(page("<style>p { color: red }</style>"))


def test_ignored_blocks_keep_every_byte() -> None:
    """Phone and dark rules win over inlined ones only while they say !important."""
    rules = "@media (max-width: 600px) { .cell { display: block !important } }\n[data-ogsc] .ink { color: #fff }"

    assert f"<style>{rules}</style>" in inline(page(f'<style data-premailer="ignore">{rules}</style>'))


def test_an_important_media_rule_in_an_ordinary_block_stays_important() -> None:
    """A publisher who forgets the ignore mark keeps a working phone layout."""
    rules = "p { color: red } @media print { p { color: black !important } }"

    assert "!important" in inline(page(f"<style>{rules}</style>"))


def test_a_picture_keeps_its_height() -> None:
    """Classic Outlook cannot read height="auto"."""
    html = inline(page("<style>img { height: auto }</style>", '<img height="310" alt="">'))

    assert 'height="310"' in html
    assert 'height="auto"' not in html


@pytest.mark.parametrize(
    "head",
    [
        '<style>@import url("{url}");</style>',
        "<style>@IMPORT '{url}';</style>",
        '<style data-premailer="ignore">@import url({url});</style>',
        '<link rel="stylesheet" href="{url}">',
        '<link href="{url}" rel=stylesheet>',
    ],
)
def test_style_sheets_from_elsewhere_are_refused(canary: Canary, head: str) -> None:
    """Nobody learns from a style sheet that an edition is made or read."""
    with pytest.raises(ContentError, match="elsewhere"):
        inline(page(head.format(url=canary.url)))

    assert canary.seen == []


def test_an_import_in_disguise_fetches_nothing(canary: Canary) -> None:
    """CSS escapes do not get past us, though they do get past the parser's own defaults."""
    disguised = f'@\\69mport url("{canary.url}");'
    cssutils.parseString(disguised)
    assert canary.seen == ["/spy.css"]

    inline(page(f"<style>{disguised} p {{ color: red }}</style>"))

    assert canary.seen == ["/spy.css"]


@pytest.mark.parametrize("html", ["", "   "])
def test_what_cannot_be_parsed_is_our_error(html: str) -> None:
    """A broken template is reported as one."""
    with pytest.raises(ContentError, match="inlined"):
        inline(html)
