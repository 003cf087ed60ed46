"""``python -m bench.reports``: reports nobody would write, read for as long as you like, and what that costs."""

import argparse
import json
import random
import resource
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

from newsletter.inbound.report.reading import read_report

CORPUS = Path(__file__).parent.parent / "tests" / "inbound" / "corpus"
_SPLICES = (
    *(b"\r\n", b"\r", b"\n\n", b"\0", b"\xff\xfe", b"--=_b1\n", b"--=_b1--\n", b"=?utf-8?b?4p?=", b"=?x?q?=FF?="),
    *(
        b'Content-Type: multipart/mixed; boundary="=_b1"\n\n',
        b"Content-Transfer-Encoding: base64\n",
        b"<a@b.example>",
    ),
    *(
        b"Content-Type: message/rfc822\n\n",
        b"Content-Type: message/delivery-status\n\n",
        b"Final-Recipient: rfc822;",
    ),
    *(
        b"Content-Type: text/plain; charset=punycode\n\n",
        b"550 5.1.1 ",
        b"\xe2\x80\xae",
        b"@" * 300,
        b"<" * 300,
        b" " * 300,
    ),
)
"""What hurts a reader of reports most, put in anywhere."""


def corpus() -> list[bytes]:
    """Return our own reports, in the order of their names."""
    return [path.read_bytes() for path in sorted(CORPUS.glob("*.eml"))]


def mutate(reports: list[bytes], dice: random.Random) -> bytes:
    """Return one of the reports with up to eight pieces changed, doubled, dropped, spliced or cut."""
    octets = bytearray(dice.choice(reports))
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(octets) + 1)
        to = min(len(octets), at + dice.randint(1, 200))
        match dice.randrange(6):
            case 0:
                octets[at:to] = bytes(dice.randrange(256) for _ in range(to - at))
            case 1:
                octets[at:to] = b""
            case 2:
                octets[at:at] = octets[at:to] * dice.randint(1, 20)
            case 3:
                octets[at:at] = dice.choice(_SPLICES)
            case 4:
                other = dice.choice(reports)
                start = dice.randrange(len(other))
                octets[at:to] = other[start : start + dice.randint(1, 2_000)]
            case _ if octets:
                octets[min(at, len(octets) - 1)] ^= 1 << dice.randrange(8)
            case _:
                pass
    return bytes(octets)


def nuisances() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Return the messages made to cost the most, by name."""
    daemon = b"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n"
    yield from _large(daemon)
    yield from _crooked(daemon)


def _large(daemon: bytes) -> Iterator[tuple[str, Callable[[], bytes]]]:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(10_000))
    wrapped = b"Content-Type: message/rfc822\n\n" * 10_000
    yield "30 MB of text", lambda: daemon + b"\n" + b"could not be delivered, mailbox full\n" * 800_000
    yield "30 MB on one line", lambda: daemon + b"\n" + b"a@b.example " * 2_500_000
    yield (
        "a 30 MB attachment",
        lambda: (
            daemon + b'Content-Type: multipart/report; boundary="x"\n\n--x\n\nfailed\n--x\n'
            b"Content-Transfer-Encoding: base64\n\n" + b"QUJD" * 7_500_000 + b"\n--x--\n"
        ),
    )
    yield "10,000 nested parts", lambda: daemon + nested
    yield "10,000 nested messages", lambda: daemon + wrapped
    yield (
        "10,000 parts",
        lambda: daemon + b'Content-Type: multipart/report; boundary="x"\n\n' + b"--x\n\nfailed\n" * 10_000,
    )
    yield "100,000 lines of nothing", lambda: daemon + b"\nfailed\n" + b".\n" * 100_000


def _crooked(daemon: bytes) -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield (
        "a header line of 1 MB",
        lambda: b"Subject: " + b"delivery failed " * 65_536 + b"\n" + daemon + b"\nfailed\n",
    )
    yield (
        "a header line of 1 MB in encoded words",
        lambda: b"Subject: " + b"=?utf-8?q?failure?= " * 52_000 + b"\n" + daemon + b"\nfailed\n",
    )
    yield "100,000 header lines", lambda: b"X-A: failure\n" * 100_000 + daemon + b"\nfailed\n"
    yield (
        "1 MB of addresses",
        lambda: daemon + b"\nfailed\n" + b"".join(b"user%d@reader.example: 550 no\n" % n for n in range(35_000)),
    )
    yield "1 MB of almost addresses", lambda: daemon + b"\nfailed\n" + b"a." * 250_000 + b"@" + b"a-" * 250_000
    yield (
        "1 MB of groups",
        lambda: (
            daemon
            + b"Content-Type: message/delivery-status\n\n"
            + b"".join(
                b"Final-Recipient: rfc822;u%d@r.example\nDiagnostic-Code: smtp; 550 no\n\n" % n
                for n in range(18_000)
            )
        ),
    )
    yield "1 MB of open tags", lambda: daemon + b"Content-Type: text/html\n\nfailed" + b"<b><i><a>" * 116_000
    pages = b"--x\nContent-Type: text/html\n\nfailed" + b"<b><i><a>" * 3_500 + b"\n"
    yield "60 pages of open tags", lambda: daemon + b"Content-Type: multipart/mixed; boundary=x\n\n" + pages * 60
    group = b"Final-Recipient: rfc822;u%d@r.example\nDiagnostic-Code: smtp; 550 no\n\n"
    groups = b"--x\nContent-Type: message/delivery-status\n\n" + b"".join(group % n for n in range(500))
    yield "60 delivery statuses", lambda: daemon + b"Content-Type: multipart/mixed; boundary=x\n\n" + groups * 60
    yield "1 MB of dashes", lambda: daemon + b"\nfailed\n" + b"-" * 1_000_000 + b"\n" + b"--x\n" * 100_000


def fuzz(count: int, seed: int) -> dict[str, object]:
    """Read many mutated reports; return what that took. Whatever is raised is for the caller to see."""
    dice, reports = random.Random(seed), corpus()
    slowest, began, found, before = 0.0, time.perf_counter(), 0, _peak_mib()
    for _ in range(count):
        octets = mutate(reports, dice)
        started = time.perf_counter()
        try:
            found += bool(read_report(octets))
        except Exception:
            Path("crashed.eml").write_bytes(octets)
            raise
        slowest = max(slowest, time.perf_counter() - started)
    return {
        "inputs": count,
        "read_as_reports": found,
        "crashes": 0,
        "seconds": round(time.perf_counter() - began, 1),
        "slowest_ms": round(slowest * 1000, 1),
        "rss_grew_mib": round(_peak_mib() - before, 1),
    }


def bounds() -> dict[str, dict[str, float]]:
    """Read each nuisance; return milliseconds of CPU and the most memory that the reading itself held, in MiB."""
    found: dict[str, dict[str, float]] = {}
    for name, make in nuisances():
        octets = make()
        began = time.process_time()
        read_report(octets)
        spent = time.process_time() - began
        tracemalloc.start()
        read_report(octets)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        found[name] = {"cpu_ms": round(spent * 1000, 1), "peak_mib": round(peak / 2**20, 1)}
    return found


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(argv: list[str]) -> int:
    """Measure and print, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.reports", description=__doc__)
    parser.add_argument("--fuzz", type=int, default=0, metavar="N", help="read N mutated reports")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (1)")
    given = parser.parse_args(argv)
    told: dict[str, object] = {"fuzz": fuzz(given.fuzz, given.seed)} if given.fuzz else {"bounds": bounds()}
    print(json.dumps(told, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
