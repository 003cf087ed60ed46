"""One walk through a real installation that leads to every kind of mail that readers and editors get, twice."""

import email
import email.policy
import re
import smtplib
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlencode

from newsletter.web.public.form_token import SOONEST
from tests.e2e.installation import PATIENCE, Installation

EDITOR = "desk@example.net"


@dataclass(frozen=True)
class Paper:
    """A newsletter of the sample publication in one language, and its reader."""

    language: str
    slug: str
    name: str
    reader: str
    elsewhere: str
    """Another address of theirs."""


PAPERS = (
    Paper("en", "gazette", "The Merrow Gazette", "grace@example.net", "grace@elsewhere.example"),
    Paper("ar", "akhbar", "أخبار الميناء", "huda@example.net", "huda@elsewhere.example"),
)
EDITIONS = ("digest", "correction", "breaking")
LETTERS = ("confirm", "welcome", "address_old", "address_new", "data", "reply", "goodbye")
KINDS = ("proof", "verdict", *EDITIONS, *LETTERS)
NAMES = tuple(f"{kind}-{paper.language}" for paper in PAPERS for kind in KINDS)
"""Of every mail that the walk leads to."""

INBOUND_DOMAIN = "mail.example.org"
FEEDS = {"/feeds/news.xml": "news", "/feeds/region.atom": "news", "/feeds/blog.json": "blog"}


@dataclass
class Walk:
    """The installation, and the source of each mail by kind and language, such as ``digest-ar``."""

    paper: Installation
    sources: dict[str, bytes] = field(default_factory=dict)

    def message(self, name: str) -> EmailMessage:
        """Return a mail as Python's library reads it."""
        read = email.message_from_bytes(self.sources[name], policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        return read

    def part(self, name: str, kind: str) -> str:
        """Return a mail's ``html`` or ``plain`` part."""
        found = self.message(name).get_body((kind,))
        assert found is not None, f"{name} has no {kind} part"
        return str(found.get_content())

    def on_the_wire(self, name: str) -> bytes:
        """Return a mail as it was submitted: without the two lines that the local mailbox writes before it."""
        return self.sources[name].split(b"\r\n", 2)[2]

    @property
    def pages(self) -> dict[str, bytes]:
        """Every mail's HTML, by the mail's name."""
        return {name: self.part(name, "html").encode() for name in self.sources}


def walk_through(paper: Installation) -> Walk:
    """Lead a reader of each newsletter from the box to the door, and its editor from the proof to a correction."""
    walk = Walk(paper)
    for each in PAPERS:
        _found(paper, each)
        walk.sources[f"proof-{each.language}"] = _wait(paper, EDITOR, each.name)
        _lead(walk, each)
    return walk


def _found(paper: Installation, each: Paper) -> None:
    """Add a newsletter; last, let its next edition be cut off by now, so that the next tick makes it."""
    at, zone = _soon()
    site = ("--site", f"{paper.url}/sample/", "--postal-address", "4 Rope Walk, 1207 Port Merrow")
    names = ("--name", each.name, "--publisher", "The Merrow Lantern", "--sender", "news@example.org")
    when = ("--zone", zone, "--at", "23:59", "--language", each.language)
    _must(paper, "newsletters", "add", each.slug, *names, *when, *site)
    for path, genre in FEEDS.items():
        _must(paper, "sources", "add", each.slug, f"{paper.url}/sample{path}", "--genre", genre)
    _must(
        paper,
        "newsletters",
        "set",
        each.slug,
        f"editors={EDITOR}",
        "max_per_source=4",
        "breaking=true",
        f"send_time={at}",
    )


def _lead(walk: Walk, each: Paper) -> None:
    paper, language = walk.paper, each.language
    subscribe(paper.url, each.slug, each.reader)
    _arrives(walk, each, "confirm")
    post(link_in(walk.part(f"confirm-{language}", "plain"), "confirm"))
    _arrives(walk, each, "welcome")
    told = paper.run_json("day", each.slug)
    _arrives(walk, each, "digest")
    walk.sources[f"verdict-{language}"] = _wait(paper, EDITOR, each.name, after=1)
    article = told["articles"][0]["url"]
    _must(paper, "correct", article, "--text", "The library opens at ten, not at nine.", "--mail")
    _arrives(walk, each, "correction")
    _choose(walk, each, article)
    write(paper, each.reader, f"help@{INBOUND_DOMAIN}")
    _arrives(walk, each, "reply")
    leave = str(walk.message(f"digest-{language}")["List-Unsubscribe"]).partition(">")[0].strip("<")
    post(f"{leave}?from=page")
    _arrives(walk, each, "goodbye")


def _choose(walk: Walk, each: Paper, article: str) -> None:
    """Ask for breaking news, for what is held, and for another address."""
    preferences = link_in(walk.part(f"digest-{each.language}", "plain"), "preferences")
    post(preferences, change="what", shown="breaking", breaking="true")
    _must(walk.paper, "breaking", each.slug, article, "--yes")
    _arrives(walk, each, "breaking")
    post(preferences, change="data")
    _arrives(walk, each, "data")
    post(preferences, change="address", address=each.elsewhere)
    _arrives(walk, each, "address_old")
    walk.sources[f"address_new-{each.language}"] = _wait(walk.paper, each.elsewhere)


def _arrives(walk: Walk, each: Paper, kind: str) -> None:
    """Wait for a reader's next mail, and note its source as that of a kind."""
    before = sum(str(walk.message(name)["To"]) == each.reader for name in walk.sources)
    walk.sources[f"{kind}-{each.language}"] = _wait(walk.paper, each.reader, after=before)


def write(paper: Installation, sender: str, to: str) -> None:
    """Write a mail without a word, as it comes from the MTA of the domain."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, "Hello"
    with smtplib.LMTP("127.0.0.1", int(paper.environment["LMTP_PORT"])) as door:
        door.send_message(mail, sender, [to])


def post(url: str, **values: str) -> None:
    """Press a page's button."""
    urllib.request.urlopen(url, data=urlencode(values).encode(), timeout=30).close()


def subscribe(url: str, slug: str, address: str) -> None:
    """Send the sign-up form as slowly as a person."""
    with urllib.request.urlopen(f"{url}/?newsletter={slug}", timeout=30) as answer:
        page = answer.read().decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    time.sleep(SOONEST.total_seconds())
    post(f"{url}/subscribe", **fields, address=address)


def link_in(text: str, path: str) -> str:
    """Return the first address in a text whose path begins so."""
    found = re.search(rf"https?://\S*/{path}/\S+", text)
    assert found, f"no link to {path}"
    return found[0].rstrip(".)>")


def _must(paper: Installation, *arguments: str) -> None:
    done = paper.run(*arguments)
    assert done.returncode == 0, done.stderr


def _soon() -> tuple[str, str]:
    """Return a time of day minutes from now, and a zone in which that is about noon: no day ends meanwhile."""
    now = datetime.now(UTC)
    ahead = 12 - now.hour
    local = now + timedelta(hours=ahead, minutes=10)
    # The signs of these names are turned round (tz database, "etcetera").
    return f"{local:%H:%M}", f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


def _mail_to(paper: Installation, address: str, words: str) -> Iterator[bytes]:
    for path in sorted((paper.data / "mailbox").glob("*.eml")):
        source = path.read_bytes()
        message = email.message_from_bytes(source, policy=email.policy.default)
        about = f"{message['From']} {message['Subject']}"
        if address in str(message["To"]) and all(word in about for word in words.split()):
            yield source


def _wait(paper: Installation, address: str, words: str = "", after: int = 0) -> bytes:
    """Return the mail to an address that has these words in its From or Subject, once it is there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = list(_mail_to(paper, address, words))
        if len(found) > after:
            return found[after]
        time.sleep(0.1)
    raise AssertionError(f"no mail to {address} about {words!r}")
