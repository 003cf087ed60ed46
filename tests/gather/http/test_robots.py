"""What a site lets programs read, asked over real connections."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from protego import Protego

from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.http.robots import (
    KEPT_FOR,
    LONGEST_DELAY,
    MOST_HOSTS,
    UNREACHABLE_FOR,
    Robots,
    product_token,
    relevant,
)
from tests.gather.web import Server, Visit


class Watch:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch(noon: datetime) -> Watch:
    """Give a clock that stands at noon."""
    return Watch(noon)


@pytest.fixture
def robots(policy: FetchPolicy, watch: Watch) -> Robots:
    """Give the rules of no site yet."""
    return Robots(policy, watch)


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        (b"User-agent: *\nDisallow: /private/", True),
        (b"User-agent: *\nDisallow: /", False),
        (b"User-agent: *\nDisallow: /\nAllow: /news/", True),
        (b"User-agent: *\nDisallow: /*.html$\n", False),
        (b"User-agent: *\nDisallow: /\n\nUser-agent: newsletter\nDisallow:\n", True),
        (b"User-agent: Newsletter/2.0\r\nDisallow: /news\r\n", False),
        (b"User-agent: news\nDisallow: /", True),
        (b"User-agent: newsletters-of-others\nDisallow: /", True),
        (b"\xef\xbb\xbfUser-agent: *\rDisallow: /news", False),
        (b"<html>no rules here</html>", True),
        (b"\xff\xfe\x00", True),
        (b"", True),
    ],
)
def test_a_site_says_what_may_be_read(server: Server, robots: Robots, rules: bytes, *, allowed: bool) -> None:
    """The longest rule of the group that names us, or else of everybody's, decides (RFC 9309 §2.2)."""
    server.serve("/robots.txt", lambda visit: visit.answer(200, rules))
    assert allowed == robots.allows(f"{server.origin}/news/1.html")


@pytest.mark.parametrize(
    ("status", "allowed"), [(404, True), (403, True), (410, True), (500, False), (503, False)]
)
def test_a_site_without_rules_is_open_and_one_in_trouble_is_left_alone(
    server: Server, robots: Robots, status: int, *, allowed: bool
) -> None:
    """Any 4xx means that there are none (§2.3.1.3); a server's error means not now (§2.3.1.4)."""
    server.serve("/robots.txt", lambda visit: visit.answer(status))
    assert allowed == robots.allows(f"{server.origin}/news/1")


def test_rules_are_found_behind_redirects(server: Server, robots: Robots) -> None:
    """A redirect is followed (§2.3.1.2)."""
    server.serve("/robots.txt", lambda visit: visit.answer(301, Location="/rules"))
    server.serve("/rules", lambda visit: visit.answer(200, b"User-agent: *\nDisallow: /"))
    assert not robots.allows(f"{server.origin}/news/1")


def test_a_site_is_asked_once_in_a_while(server: Server, robots: Robots, watch: Watch) -> None:
    """However many pages are read, its rules are fetched again only after KEPT_FOR."""
    server.serve("/robots.txt", lambda visit: visit.answer(200, b""))
    for minutes in (0, 1, 2):
        watch.now += timedelta(minutes=minutes)
        assert robots.allows(f"{server.origin}/news/{minutes}?page=1#top")
    assert ["/robots.txt"] == server.visits
    watch.now += KEPT_FOR
    assert robots.allows(server.origin)
    assert 2 * ["/robots.txt"] == server.visits


def test_threads_ask_together(server: Server, robots: Robots) -> None:
    """Ten pages of one site looked at in the same moment are one question."""

    def answer(visit: Visit) -> None:
        visit.server.over.wait(0.05)
        visit.answer(200, b"User-agent: *\nDisallow: /private")

    server.serve("/robots.txt", answer)
    with ThreadPoolExecutor(10) as pool:
        assert 10 * [True] == list(pool.map(robots.allows, [f"{server.origin}/{page}" for page in range(10)]))
    assert ["/robots.txt"] == server.visits


def test_a_site_in_trouble_is_asked_again_soon(server: Server, robots: Robots, watch: Watch) -> None:
    """What it said before holds meanwhile, and what it says when it is back holds then."""
    answers = iter([(500, b""), (200, b"User-agent: *\nDisallow: /private"), (500, b""), (404, b"")])
    server.serve("/robots.txt", lambda visit: visit.answer(*next(answers)))
    seen = []
    for pause in (UNREACHABLE_FOR, KEPT_FOR, UNREACHABLE_FOR, KEPT_FOR):
        seen.append((robots.allows(f"{server.origin}/news"), robots.allows(f"{server.origin}/private")))
        watch.now += pause
    assert [(False, False), (True, False), (True, False), (True, True)] == seen
    assert 4 == len(server.visits)


def test_a_closed_door_allows_nothing(robots: Robots) -> None:
    """A host that cannot be reached, or must not be, is not read."""
    assert not robots.allows("http://127.0.0.1:1/news")
    assert not robots.allows("http://169.254.169.254/latest")


@pytest.mark.parametrize("url", ["", "/news", "file:///etc/passwd", "http://", "http://[", "mailto:a@b.example"])
def test_what_is_no_web_address_is_not_allowed(robots: Robots, url: str) -> None:
    """Nothing is asked, nothing is raised."""
    assert not robots.allows(url)


@pytest.mark.parametrize(
    ("rules", "seconds"),
    [
        (b"User-agent: *\nCrawl-delay: 2.5", 2.5),
        (b"User-agent: *\nCrawl-delay: 86400", LONGEST_DELAY.total_seconds()),
        (b"User-agent: *\nCrawl-delay: soon", 0),
        (b"User-agent: other\nCrawl-delay: 9", 0),
    ],
)
def test_a_site_may_ask_for_time_between_requests(
    server: Server, robots: Robots, rules: bytes, seconds: float
) -> None:
    """Crawl-delay is kept to, up to a limit."""
    server.serve("/robots.txt", lambda visit: visit.answer(200, rules))
    assert timedelta(seconds=seconds) == robots.delay(f"{server.origin}/news")


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\u2028"])
def test_a_crowd_of_names_costs_no_memory(server: Server, robots: Robots, end: str) -> None:
    """Thousands of groups before thousands of rules are not multiplied, by whatever ends their lines."""
    names = "".join(f"User-agent: n{number}{end}" for number in range(15_000))
    rules = "".join(f"Disallow: /{number}{end}" for number in range(15_000))
    server.serve("/robots.txt", lambda visit: visit.answer(200, (names + rules).encode()))
    tracemalloc.start()
    assert robots.allows(f"{server.origin}/news")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


def test_no_more_hosts_are_remembered_than_fit(policy: FetchPolicy, watch: Watch) -> None:
    """A source whose articles lie on a thousand hosts does not fill the memory."""
    asked = []

    async def nowhere(host: str, port: int) -> list[str]:
        asked.append((host, port))
        raise OSError("no such host")

    robots = Robots(policy, watch, nowhere)
    for number in [*range(MOST_HOSTS + 1), MOST_HOSTS, 0]:
        assert not robots.allows(f"http://{number}.example/")
    assert MOST_HOSTS + 2 == len(asked)


def test_rules_stop_at_a_size(server: Server, robots: Robots) -> None:
    """What stands after the first 500 KiB is not read (§2.5), and the rest holds."""

    def answer(visit: Visit) -> None:
        visit.answer(200, b"User-agent: *\nDisallow: /a\n" + b"#" * 600_000 + b"\nDisallow: /b")

    server.serve("/robots.txt", answer)
    assert [False, True] == [robots.allows(f"{server.origin}/{page}") for page in "ab"]


@pytest.mark.parametrize(
    ("user_agent", "token"), [("newsletter (+https://a.example)", "newsletter"), ("My-Bot/2", "my-bot"), ("", "")]
)
def test_our_name_is_the_first_word(user_agent: str, token: str) -> None:
    """The product token is letters, hyphens and underscores (§2.2.1)."""
    assert token == product_token(user_agent)


@example("User-agent: *\nDisallow: //[\nAllow: http://[/%\nCrawl-delay: 1e999\n", "*", "/")
@given(st.text(), st.sampled_from(["newsletter", "*", "other", "news"]), st.sampled_from(["/", "/a", "/*b$"]))
def test_any_text_is_rules(text: str, name: str, rule: str) -> None:
    """Nothing a site can write breaks the reading, and a group for us alone always counts."""
    rules = Protego.parse(relevant(f"{text}\nSitemap: x\nUser-agent: {name}\nDisallow: {rule}", "newsletter"))
    assert isinstance(rules.can_fetch("https://a.example/a/b", "newsletter"), bool)
    assert len(rules._user_agents) <= 3
