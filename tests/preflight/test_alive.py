"""Links and pictures are asked for over real HTTP, on loopback."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter.gather.http.network import FetchPolicy
from newsletter.preflight.alive import MOST_ADDRESSES, Scout
from newsletter.preflight.finding import Finding, Outcome
from newsletter.preflight.opened import open_message
from tests.preflight.mails import HEAD, a_mail, with_html

POLICY = FetchPolicy(
    allow_private=True,
    trusted_origins=frozenset(),
    timeout=timedelta(seconds=10),
    max_bytes=2000,
    user_agent="newsletter tests",
)


@dataclass
class Site:
    """A site on loopback that answers a path's number with that status, and remembers what it was asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    patience: threading.Event = field(default_factory=threading.Event)

    def times(self, path: str) -> list[str]:
        return [each for each in self.asked if each.endswith(f" {path}")]


@pytest.fixture
def site() -> Iterator[Site]:
    """Serve a site for one test."""
    told = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(f"{self.command} {self.path}")
            name = self.path.strip("/").partition("?")[0]
            if name == "hangs":
                told.patience.wait(5)
            is_shy = name == "no-head" and self.command == "HEAD"
            status = 405 if is_shy else int(name) if name.isdecimal() else 200
            media_type = "image/jpeg" if name.endswith(".jpg") else "text/html"
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", "5000" if name == "large" else "2")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(b"ok" if name != "large" else b"x" * 5000)

        do_HEAD = do_GET  # noqa: N815 — the library calls it so

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    yield told
    told.patience.set()
    server.shutdown()
    thread.join()
    server.server_close()


def links(site: Site, *paths: str, scout: Scout | None = None) -> list[Finding]:
    """Return what is found of links to these paths."""
    page = "".join(f'<a href="{site.url}/{path}">a</a>' for path in paths)
    html = f"<html><body>{page}</body></html>"
    return list((scout or Scout(POLICY)).check_links(open_message(a_mail(html=html))))


@pytest.mark.parametrize(
    ("path", "outcome", "said"),
    [
        ("200", Outcome.PASS, "1 of 1 links answered well"),
        ("404", Outcome.BLOCK, "A link is gone: 404."),
        ("410", Outcome.BLOCK, "A link is gone: 410."),
        ("500", Outcome.WARN, "A link cannot be reached: "),
        ("503", Outcome.WARN, "A link cannot be reached: "),
        ("401", Outcome.PASS, "A site refuses programs (401)"),
        ("403", Outcome.PASS, "A site refuses programs (403)"),
        ("429", Outcome.PASS, "A site refuses programs (429)"),
        ("400", Outcome.WARN, "A link cannot be reached: "),
        ("no-head", Outcome.PASS, "1 of 1 links answered well"),
        ("large", Outcome.PASS, "1 of 1 links answered well"),
    ],
)
def test_an_answer_is_judged(site: Site, path: str, outcome: Outcome, said: str) -> None:
    """Only what is gone for certain blocks; trouble is told, and a site that refuses programs is no fault."""
    found = links(site, path)[0]
    assert (outcome, True) == (found.outcome, found.what.startswith(said)), found.what


def test_a_page_that_hangs_is_told(site: Site) -> None:
    """No answer in the time that one address has is told."""
    hasty = Scout(replace(POLICY, timeout=timedelta(seconds=0.5)))
    found = links(site, "hangs", scout=hasty)[0]
    assert (Outcome.WARN, "A link cannot be reached: gave no answer in time") == (found.outcome, found.what)


def test_what_answers_badly_to_head_is_asked_again(site: Site) -> None:
    """A page is asked with HEAD, and with GET only where that brought nothing."""
    links(site, "200", "no-head", "404")
    assert ["HEAD /200"] == site.times("/200")
    assert ["HEAD /no-head", "GET /no-head"] == site.times("/no-head")
    assert ["HEAD /404", "GET /404"] == site.times("/404")


def test_each_address_is_asked_once(site: Site) -> None:
    """The same address in two places, or in two languages, is one question with the same answer."""
    scout = Scout(POLICY)
    first = links(site, "410", "410", scout=scout)
    assert first == links(site, "410", scout=scout)
    assert ["HEAD /410", "GET /410"] == site.times("/410")


def test_our_own_addresses_and_the_way_out_are_not_asked(site: Site) -> None:
    """Readers' own links are ours to answer, and looking at one must not be taken for a reader's."""
    scout = Scout(POLICY, own=f"{site.url}/news")
    links(site, "news", "news/c/token/1", "newspaper", scout=scout)
    assert ["HEAD /newspaper"] == site.asked
    leave = f"{site.url}/leave"
    head = HEAD.replace("List-Unsubscribe: <", f"List-Unsubscribe: <{leave}>, <")
    html = f'<html><body><a href="{leave}">Leave</a></body></html>'
    list(Scout(POLICY).check_links(open_message(a_mail(head, html=html))))
    assert ["HEAD /newspaper"] == site.asked


def test_where_counted_links_lead_is_asked(site: Site) -> None:
    """Behind our own counted links the addresses that they lead to are looked at."""
    found = list(Scout(POLICY).check_links(open_message(a_mail()), [f"{site.url}/404"]))
    assert (Outcome.BLOCK, f"{site.url}/404") in [(each.outcome, each.where) for each in found]


def test_no_more_is_asked_than_a_bound(site: Site) -> None:
    """A mail of many links has so many of them asked."""
    found = links(site, *(f"p{number}" for number in range(MOST_ADDRESSES + 20)))
    assert f" of {MOST_ADDRESSES} links answered well" in found[-1].what
    assert [] == site.times(f"/p{MOST_ADDRESSES}")


def test_when_the_time_is_up_the_rest_is_not_asked(site: Site) -> None:
    """What has no answer by then is told as not asked."""
    scout = Scout(POLICY, limit=timedelta(0))
    found = links(site, "hangs", scout=scout)
    assert [(Outcome.PASS, "Some addresses were not asked: the time was up.")] == [
        (each.outcome, each.what) for each in found[:1]
    ]


@pytest.mark.parametrize(
    ("path", "outcome", "said"),
    [
        ("a.jpg", Outcome.PASS, "1 of 1 pictures answered well"),
        ("404", Outcome.BLOCK, "A picture is gone: 404."),
        ("page", Outcome.WARN, "A picture's address leads to text/html."),
    ],
)
def test_pictures_are_asked_for(site: Site, path: str, outcome: Outcome, said: str) -> None:
    """A picture that is gone blocks, and an address that leads to a page is told."""
    html = f'<html><body><img src="{site.url}/{path}"></body></html>'
    found = next(Scout(POLICY).check_pictures(open_message(a_mail(html=html))))
    assert (outcome, True) == (found.outcome, found.what.startswith(said))


def test_no_private_network_is_asked(site: Site) -> None:
    """Without leave to, an address of this machine is not asked, whoever wrote it into a feed."""
    public = FetchPolicy(
        allow_private=False, trusted_origins=frozenset(), timeout=POLICY.timeout, max_bytes=10, user_agent="tests"
    )
    found = links(site, "404", scout=Scout(public))[0]
    assert (Outcome.PASS, True, []) == (found.outcome, found.what.startswith("Not asked: "), site.asked)


def test_addresses_that_are_none_are_left_to_other_checks(site: Site) -> None:
    """What is no web address is not asked for."""
    message = open_message(with_html('<a href="mailto:a@b.de">a</a><a href="">b</a><img src="cid:1"><a>c</a>'))
    (found,) = Scout(POLICY).check_pictures(open_message(a_mail(html="<p>none</p>")))
    assert "No picture was to be asked; our own are not asked." == found.what
    assert all("mailto" not in each.where for each in Scout(POLICY, limit=timedelta(0)).check_links(message))
