"""Everything a web server has done, or could do, to those who read its feed: one route a fault."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.gather.web import Route, Server, Visit

MEGABYTE = 1_000_000
_OPEN = "<rss version='2.0'><channel><title>Trouble</title>"
_CLOSE = "</channel></rss>"


def feed(*titles: str, head: str = "") -> str:
    """Return a feed of articles with these titles."""
    return head + _OPEN + "".join(map(_listed, titles)) + _CLOSE


def _listed(title: str, more: str = "") -> str:
    return f"<item><title>{title}</title><link>https://trouble.example/{hash(title)}</link>{more}</item>"


@dataclass(frozen=True, slots=True)
class Fault:
    """A route, and a part of what its poll says; "" where the source is read all the same."""

    name: str
    says: str
    route: Route


def faults(canary: Server, secret: Path) -> Iterator[Fault]:
    """Yield every fault. Nothing may reach ``canary`` and nobody read ``secret``."""
    yield from _slow()
    yield from _large()
    yield from _leading_astray(canary)
    yield from _lying()
    yield from _poisoned(canary, secret)


def _slow() -> Iterator[Fault]:
    yield Fault("hang", "timed out after", _wait)
    yield Fault("drip", "timed out after", _drip)


def _wait(visit: Visit) -> None:
    visit.server.over.wait()


def _drip(visit: Visit) -> None:
    visit.start(200)
    while not visit.server.over.wait(0.1):
        visit.put(b"x")


def _large() -> Iterator[Fault]:
    bomb = gzip.compress(bytes(100 * MEGABYTE), 1)
    yield Fault("flood", "more than 5 MB", _flood)
    yield Fault("bomb", "more than 5 MB", lambda visit: visit.answer(200, bomb, Content_Encoding="gzip"))
    million = gzip.compress(feed(*["news"] * 1_000_000).encode(), 1)
    yield Fault("million", "more than 5 MB", lambda visit: visit.answer(200, million, Content_Encoding="gzip"))


def _flood(visit: Visit) -> None:
    visit.start(200)
    for _ in range(2_000):
        visit.put(b"x" * MEGABYTE)


def _leading_astray(canary: Server) -> Iterator[Fault]:
    port = canary.server_port
    yield Fault("loop", "redirects in a loop", lambda visit: visit.answer(302, Location="/loop"))
    targets = {
        "loopback": f"http://127.0.0.1:{port}/",
        "loopback6": f"http://[::1]:{port}/",
        "mapped": f"http://[::ffff:127.0.0.1]:{port}/",
        "number": f"http://2130706433:{port}/",
        "nowhere": f"http://0.0.0.0:{port}/",
        "own80": "http://127.0.0.1/",
        "metadata": "http://169.254.169.254/latest/meta-data/",
        "private": "http://10.0.0.1/",
        "renamed": "http://rebinding.example/",
    }
    for name, target in targets.items():
        yield Fault(name, "is refused", _towards(target))
    yield Fault("file", "is not fetched", _towards("file:///etc/passwd"))
    yield Fault("gopher", "is not fetched", _towards(f"gopher://127.0.0.1:{port}/"))


def _towards(target: str) -> Route:
    return lambda visit: visit.answer(302, Location=target)


def _lying() -> Iterator[Fault]:
    yield Fault("unasked304", "304", lambda visit: visit.answer(304, ETag='"1"'))
    yield Fault("cut", "broke off", lambda visit: visit.answer(200, b"<rss>", Content_Length="100"))
    yield Fault("brotli", "did not ask for", lambda visit: visit.answer(200, b"x", Content_Encoding="br"))
    yield Fault(
        "damaged", "damaged", lambda visit: visit.answer(200, b"\x1f\x8bnonsense", Content_Encoding="gzip")
    )
    yield Fault("header", "broke off", lambda visit: visit.answer(200, b"", X_Long="x" * 2 * MEGABYTE))
    yield Fault("page", "a web page", lambda visit: visit.answer(200, b"<html><body>Soon</body></html>"))
    french = feed("Café fermé à cinq heures").encode("latin-1")
    yield Fault("charset", "", lambda visit: visit.answer(200, french, Content_Type="text/xml; charset=utf-8"))
    whole = feed("Tunnel closed for the winter", "Second thoughts").encode()
    yield Fault("truncated", "", lambda visit: visit.answer(200, whole[: whole.index(b"Second") + 9]))


def _poisoned(canary: Server, secret: Path) -> Iterator[Fault]:
    for name, where in (("entity", secret.as_uri()), ("remote", f"{canary.origin}/entity")):
        head = f"<!DOCTYPE rss [<!ENTITY it SYSTEM '{where}'>]>"
        yield _read(name, feed("Harbour &it; news", head=head))
        yield _read(f"{name}dtd", feed("Harbour tour", head=f"<!DOCTYPE rss SYSTEM '{where}'>"))
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    yield _read("laughs", feed("Ha &l9;", head=f"<!DOCTYPE rss [<!ENTITY l0 'ha'>{laughs}]>"))
    yield _read("blowup", feed("Ho " + "&x;" * 1_000, head=f"<!DOCTYPE rss [<!ENTITY x '{'x' * MEGABYTE}'>]>"))


def crowds() -> Iterator[Fault]:
    """Yield what fits below the size cap and costs most to read."""
    words = "word " * 480
    yield _read("articles", feed(*(str(number) for number in range(60_000))))
    yield _read(
        "astral", f"{_OPEN}\U00010348{_listed('Runes', f'<description>{words}</description>') * 1_000}{_CLOSE}"
    )
    yield _read("entities", f"{_OPEN}\U00010348{_listed('Odd', '<description>' + '&nbsp; ' * 400 + '</b>') * 900}")
    yield _read("links", f"{_OPEN}{_listed('Links', '<link href=x />' * 560) * 100}{_CLOSE}")
    yield _read("endless", f"{_OPEN}{_listed('Endless', '<a>' * 1_600_000)}{_CLOSE}")
    attributes = " ".join(f"a{number}='b'" for number in range(1_000))
    yield Fault("attributes", "200 attributes", _serving(f"{_OPEN}<item {attributes}/>{_CLOSE}"))
    json = '{"version":"https://jsonfeed.org/version/1.1","title":"x","items":['
    yield Fault("strings", "far too many parts", _serving(json + '"ab",' * 900_000 + "{}]}"))
    yield Fault("objects", "far too many parts", _serving(json + '{"a":[]},' * 500_000 + "{}]}"))
    yield Fault("nesting", "far too many parts", _serving(json + "[" * 4_000_000))


def _read(name: str, text: str) -> Fault:
    return Fault(name, "", _serving(text))


def _serving(text: str) -> Callable[[Visit], None]:
    content = text.encode()[: 5 * MEGABYTE - 1]
    return lambda visit: visit.answer(200, content, Content_Type="application/xml")
