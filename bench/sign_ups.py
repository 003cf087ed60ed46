"""``python -m bench.sign_ups``: whether the time of the form's answer tells who reads us.

Sends the form to the web app over HTTP for addresses that are known, unknown, suppressed and erased, in random
order, and compares the medians of how long the answer takes with how much medians differ by chance.
"""

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import sqlalchemy as sa
import uvicorn

from newsletter.cli.session import migrate_database
from newsletter.config import Settings
from newsletter.local.stack import LocalStack, Part
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter
from newsletter.readers.forgotten import address_hash
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader
from newsletter.readers.tables import SuppressionReason, suppression
from newsletter.services import Services, now
from newsletter.web.app import create_app
from newsletter.web.public.form_token import make_form_token

KINDS = ("known", "unknown", "suppressed", "erased")
_RESAMPLES = 2_000
_WARM_UP = 50


def addresses(kind: str, count: int) -> list[str]:
    """Return addresses of a kind, all of one length."""
    return [f"{kind[:5]:x<5}.{number:05}@reader.example" for number in range(count)]


@contextmanager
def installation(count: int) -> Iterator[Services]:
    """Give an installation of its own, with so many addresses of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_environment(
            data_dir=Path(folder), database_url="", redis_url="", smtp_url="", sign_ups_per_network=1_000_000
        )
        with (
            LocalStack(settings, {Part.SERVERS}, migrate_database) as stack,
            closing(Services(stack.settings)) as it,
        ):
            with it.database.transaction() as connection:
                paper = add_newsletter(
                    connection, NewsletterSettings("daily", "Daily", "Paper", "n@paper.example")
                )
                for address in addresses("known", count):
                    add_reader(connection, paper.id, address, Origin("bench"), now())
                reason = {"reason": SuppressionReason.COMPLAINT}
                named = [{"canonical_address": each, **reason} for each in addresses("suppressed", count)]
                hashed = [
                    {"address_hash": address_hash(it.tokens, each), **reason}
                    for each in addresses("erased", count)
                ]
                connection.execute(sa.insert(suppression), named)
                connection.execute(sa.insert(suppression), hashed)
            yield it


@contextmanager
def served(services: Services) -> Iterator[httpx.Client]:
    """Give a client of the web app, over one connection that is kept."""
    server = uvicorn.Server(uvicorn.Config(create_app(services), port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    host = httpx.URL(services.settings.public_url).netloc.decode()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Host": host}) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def timings(services: Services, client: httpx.Client, count: int) -> dict[str, list[float]]:
    """Return how many milliseconds each answer took, by kind."""
    token = make_form_token(services.tokens, now() - timedelta(seconds=10))
    wishes = [(kind, address) for kind in KINDS for address in addresses(kind, count)]
    random.shuffle(wishes)
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    answers = set()
    for place, (kind, address) in enumerate([*wishes[:_WARM_UP], *wishes]):
        began = time.perf_counter()
        answer = client.post("/subscribe", data={"address": address, "token": token})
        ended = time.perf_counter()
        answers.add((answer.status_code, answer.content, answer.headers.get("location")))
        if place >= _WARM_UP:
            taken[kind].append(1e3 * (ended - began))
    if len(answers) != 1:
        raise SystemExit(f"The answers differ: {answers}")
    return taken


def by_chance(one: list[float], other: list[float]) -> float:
    """Return how far the medians of two such groups lie apart 99 times in 100, their members dealt at random."""
    together, differences = [*one, *other], []
    for _ in range(_RESAMPLES):
        random.shuffle(together)
        halves = together[: len(one)], together[len(one) :]
        differences.append(abs(statistics.median(halves[0]) - statistics.median(halves[1])))
    return statistics.quantiles(differences, n=100)[-1]


def main() -> int:
    """Print a table; return 1 where a kind can be told from the unknown by its median."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=1_000, help="timings of each kind")
    count = arguments.parse_args().count
    with installation(count) as services, served(services) as client:
        taken = timings(services, client, count)
    print("| address | timings | median ms | middle half ms | from unknown ms | by chance ms |")
    print("|---|--:|--:|--:|--:|--:|")
    apart = []
    for kind, each in taken.items():
        low, median, high = statistics.quantiles(each, n=4)
        difference, chance = median - statistics.median(taken["unknown"]), by_chance(each, taken["unknown"])
        apart.append(abs(difference) > chance)
        print(
            f"| {kind} | {len(each):,} | {median:.3f} | {low:.3f}–{high:.3f} | {difference:+.3f} | {chance:.3f} |",
            flush=True,
        )
    return int(any(apart))


if __name__ == "__main__":
    raise SystemExit(main())
