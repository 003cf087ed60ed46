"""Every mail and page of a walk through a real installation, judged by programs that are not ours.

One module, so that the installation is there for as long as it is looked at, and no longer.
"""

import email.header
import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import needs_chromium
from tests.clients.judges import AXE, faults_of, judge, needs_node, needs_spamassassin, spam_scores
from tests.clients.walk import EDITIONS, INBOUND_DOMAIN, NAMES, PAPERS, Paper, Walk, link_in

pytestmark = pytest.mark.timeout(600)
"""Seconds: the whole walk is the first test's."""

ENHANCEMENTS = {
    "color-scheme CSS property": "says that we have dark colours of our own; without it the client inverts ours",
    "color-scheme meta tag": "the same, for those that read it there",
    "@media": "phone and dark rules; classic Outlook shows the desk's light layout, which is whole",
    "Attribute selector": "[data-ogsc] is how Outlook on phones and on the web marks what it turned dark",
    "max-height property": "one of four ways to hide the preheader",
    "overflow": "likewise",
    "border-radius": "square corners are corners too",
    "<body> element": "its colour is on the outermost table as well",
    "word-break": "only for words longer than a phone is wide",
    "aria-hidden attribute": "a picture without words is announced as a picture",
    "height property": "`auto` beside width and height attributes, which every client reads",
}
"""What some client of those we promise lacks, and what its readers then see instead."""

UNKNOWN: set[str] = set()
"""What the data say nothing of, for some client."""

LISTED = [f"{kind}-{paper.language}" for kind in (*EDITIONS, "welcome") for paper in PAPERS]
MOST_OCTETS = 998
LONGEST_WORD = 75


@pytest.fixture(scope="module")
def support(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return judge("clients.mjs", walk.pages, tmp_path_factory.mktemp("support"))


@pytest.fixture(scope="module")
def markup(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return judge("markup.mjs", walk.pages, tmp_path_factory.mktemp("markup"), "mail")


@pytest.fixture(scope="module")
def read(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    sources = {name: walk.on_the_wire(name) for name in walk.sources}
    return judge("headers.mjs", sources, tmp_path_factory.mktemp("headers"))


@needs_node
@pytest.mark.parametrize("name", NAMES)
def test_no_client_lacks_what_a_mail_needs(name: str, support: dict[str, Any]) -> None:
    """By caniemail's data nothing but a progressive enhancement is unsupported anywhere."""
    unsupported = {
        title: clients for title, clients in support[name]["unsupported"].items() if title not in ENHANCEMENTS
    }
    assert {} == unsupported
    assert UNKNOWN >= {*support[name]["unknown"]}


@needs_node
def test_no_enhancement_is_excused_that_is_not_there(support: dict[str, Any]) -> None:
    """The list of excuses holds nothing that no mail needs any more."""
    assert {*ENHANCEMENTS} == {title for each in support.values() for title in each["unsupported"]}


@needs_node
@pytest.mark.parametrize("name", NAMES)
def test_the_markup_is_valid(name: str, markup: dict[str, Any]) -> None:
    """html-validate has nothing to say."""
    assert [] == markup[name]


@pytest.fixture(scope="module")
def scored(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, str]]:
    sources = {name: walk.on_the_wire(name) for name in walk.sources}
    return spam_scores(sources, tmp_path_factory.mktemp("spam"))


@needs_spamassassin
@pytest.mark.parametrize("name", NAMES)
def test_no_mail_looks_like_spam(name: str, scored: dict[str, tuple[float, str]]) -> None:
    """SpamAssassin, without a network, gives at most half a point of the five that it takes."""
    score, tests = scored[name]
    assert score <= 0.5, tests


@needs_node
@pytest.mark.parametrize("name", NAMES)
def test_another_program_reads_what_we_wrote(name: str, read: dict[str, Any], walk: Walk) -> None:
    """Names, addresses, dates, ids and both parts arrive in mailparser as Python's own library reads them."""
    ours, theirs = walk.message(name), read[name]
    paper = next(each for each in PAPERS if name.endswith(each.language))
    assert [{"address": "news@example.org", "name": paper.name}] == theirs["from"]
    assert [{"address": str(ours["To"]), "name": ""}] == theirs["to"]
    assert str(ours["Subject"]) == theirs["subject"]
    assert str(ours["Message-ID"]) == theirs["messageId"]
    assert ours["Date"].datetime.strftime("%Y-%m-%dT%H:%M:%S.000Z") == theirs["date"]
    assert walk.part(name, "plain").split() == theirs["text"].split()
    assert walk.part(name, "html").split() == theirs["html"].split()


@needs_node
@pytest.mark.parametrize("name", LISTED)
def test_the_way_out_stands_in_the_headers(name: str, read: dict[str, Any], walk: Walk) -> None:
    """Another program finds the list, and the addresses that one POST or a mail leaves it by (RFC 2919, 8058)."""
    listed = read[name]["list"]
    paper = next(each for each in PAPERS if name.endswith(each.language))
    assert f"{paper.slug}.example.org" == listed["id"]["id"]
    assert listed["unsubscribe"]["url"].startswith(f"{walk.paper.url}/unsubscribe/")
    assert listed["unsubscribe"]["mail"].endswith(f"@{INBOUND_DOMAIN}?subject=unsubscribe")
    assert "List-Unsubscribe=One-Click" == listed["unsubscribe-post"]["name"]


@pytest.mark.parametrize("name", NAMES)
def test_the_wire_is_clean(name: str, walk: Walk) -> None:
    """Lines end in CRLF within 998 octets, headers are ASCII and stand once, encoded words are legal."""
    source = walk.on_the_wire(name)
    assert b"" == re.sub(rb"\r\n", b"", source).translate(None, bytes(set(range(256)) - {10, 13}))
    assert max(map(len, source.split(b"\r\n"))) <= MOST_OCTETS
    head = source.partition(b"\r\n\r\n")[0].decode("ascii")
    names = re.findall(r"^([!-9;-~]+):", head, re.MULTILINE)
    assert sorted({each.lower() for each in names}) == sorted(each.lower() for each in names)
    assert {"from", "to", "subject", "date", "message-id", "mime-version"} <= {each.lower() for each in names}
    for line in head.split("\r\n"):
        words = re.findall(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=", line)
        assert not words or len(line) <= 76, line
        assert all(len(word) <= LONGEST_WORD for word in words)
        # Each decodes by itself: no character is parted between two (RFC 2047 §5).
        for word in words:
            ((decoded, charset),) = email.header.decode_header(word)
            assert isinstance(decoded, bytes)
            decoded.decode(charset or "ascii")
    unsubscribe = re.search(r"^List-Unsubscribe: (.*)$", head.replace("\r\n ", " "), re.MULTILINE)
    assert unsubscribe is None or re.fullmatch(r"<https?://[!-~]+>(, <mailto:[!-~]+>)?", unsubscribe[1].strip())


@pytest.mark.parametrize("paper", PAPERS, ids=lambda each: each.language)
def test_our_own_check_finds_nothing_that_holds(paper: Paper, walk: Walk) -> None:
    """The editions were checked before they went, and nothing held them."""
    done = walk.paper.run("preflight", paper.slug, "--json")
    assert 0 == done.returncode, done.stdout + done.stderr
    assert json.loads(done.stdout)["outcome"] in {"pass", "warn"}


Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (320, 390, 600, 1200)


def addresses(walk: Walk) -> dict[str, str]:
    """Return the public pages, by a name and the language."""
    found = {"box": f"{walk.paper.url}/"}
    for paper in PAPERS:
        language = paper.language
        digest = walk.part(f"digest-{language}", "plain")
        day = link_in(digest, "archive")
        found |= {
            f"archive-{language}": f"{walk.paper.url}/archive/{paper.slug}",
            f"edition-{language}": day,
            f"unsubscribe-{language}": link_in(digest, "unsubscribe"),
            f"preferences-{language}": link_in(digest, "preferences"),
            f"confirm-{language}": link_in(walk.part(f"confirm-{language}", "plain"), "confirm"),
            f"box-{language}": f"{walk.paper.url}/?lang={language}",
        }
    return found


PAGES = [
    "box",
    *(
        f"{kind}-{paper.language}"
        for paper in PAPERS
        for kind in ("archive", "edition", "unsubscribe", "preferences", "box")
    ),
]


@contextmanager
def shown(browser: Browser, name: str, walk: Walk) -> Iterator[Page]:
    """Show a mail, with nothing fetched, or a public page."""
    page = browser.new_page(viewport={"width": 390, "height": 900}, bypass_csp=True)
    if name in walk.sources:
        page.route("**/*", lambda route: route.abort())
        page.set_content(walk.part(name, "html"))
    else:
        page.goto(addresses(walk)[name])
    yield page
    page.close()


@needs_node
@needs_chromium
@pytest.mark.parametrize("name", [*NAMES, *PAGES])
def test_nobody_is_shut_out(name: str, walk: Walk, browser: Browser) -> None:
    """axe-core finds nothing serious, in the light and in the dark."""
    found: dict[Scheme, list[str]] = {}
    with shown(browser, name, walk) as page:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found[scheme] = faults_of(page, AXE.read_text("utf-8"))
    assert {"light": [], "dark": []} == found


@needs_chromium
@pytest.mark.parametrize("name", [*NAMES, *PAGES])
def test_nothing_scrolls_sideways(name: str, walk: Walk, browser: Browser) -> None:
    """Everything is as wide as the screen, down to 320 px."""
    found = {}
    with shown(browser, name, walk) as page:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found[width] = page.evaluate("document.documentElement.scrollWidth")
    assert {width: width for width in WIDTHS} == found


@needs_node
def test_the_pages_are_valid(walk: Walk, tmp_path: Path) -> None:
    """html-validate has nothing to say of our own pages; an archived mail is judged as mail."""
    fetched: dict[str, bytes] = {}
    for name in PAGES:
        with urllib.request.urlopen(addresses(walk)[name], timeout=30) as answer:
            fetched[f"{name}.html"] = answer.read()
    mails = {name: content for name, content in fetched.items() if name.startswith("edition")}
    pages = {name: content for name, content in fetched.items() if name not in mails}
    said: dict[str, Any] = {
        **judge("markup.mjs", pages, tmp_path, "page"),
        **judge("markup.mjs", mails, tmp_path, "mail"),
    }
    assert {name: [] for name in fetched} == said
