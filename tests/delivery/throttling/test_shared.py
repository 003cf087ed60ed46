"""Several workers' throttles over a real Valkey, and without it."""

import asyncio
import random
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog
from redis import Redis

from newsletter.config import Settings
from newsletter.delivery.outcome import receipt_for
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.throttling.operator_rules import (
    FORGET_AFTER,
    GROW_AFTER,
    GROW_AFTER_MESSAGES,
    ROUND,
    STOP,
    Limits,
)
from newsletter.delivery.throttling.shared import LEASE, PATIENCE, SharedThrottle
from newsletter.delivery.throttling.throttle import STALE, Throttle

PLAIN = Relay("relay.example", 25, Tls.IF_OFFERED)
FAST = Relay("relay.example", 25, Tls.IF_OFFERED, rate=50.0)
OK = receipt_for(1, 250, "2.0.0 queued")
BUSY = receipt_for(1, 421, "4.7.0 Try again later")
FLOOD = receipt_for(1, 421, "4.7.28 unusual rate")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def redis_url(servers: Settings) -> str:
    """Give the address of a Valkey that remembers no throttle."""
    url = servers.redis_url.get_secret_value()
    forget(url)
    return url


def forget(url: str) -> None:
    with Redis.from_url(url) as redis:
        for name in redis.keys("newsletter:{throttle}*"):
            redis.delete(name)


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands still."""
    return Clock()


class Workers:
    """Throttles of several workers on one clock, and what each has in flight."""

    def __init__(
        self, url: str, clock: Clock | None, relay: Relay, limits: dict[str, Limits], number: int = 2
    ) -> None:
        self.relay = relay
        self.throttles = [
            Throttle([relay], limits, number, SharedThrottle(url, clock, f"worker {each}"))
            for each in range(number)
        ]
        self.flying = [0] * number

    async def share(self, now: float) -> None:
        for throttle in self.throttles:
            await throttle.share(now)

    def begin(self, worker: int, now: float, most: int = 10_000) -> int:
        begun = 0
        while begun < most and not self.throttles[worker].wait_for(self.relay, "google", now):
            begun += 1
        self.flying[worker] += begun
        return begun

    def end(self, worker: int, now: float) -> None:
        if self.flying[worker]:
            self.throttles[worker].ended("google", OK, now)
            self.flying[worker] -= 1

    async def close(self) -> None:
        for throttle in self.throttles:
            await throttle.close()


def run(workers: Workers, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def closed() -> None:
        try:
            await work()
        finally:
            await workers.close()

    asyncio.run(closed())


@pytest.mark.parametrize("seed", range(5))
def test_places_are_shared(redis_url: str, clock: Clock, seed: int) -> None:
    """Whatever three workers do, in any order: together never more in flight than the limit, and all get some."""
    dice = random.Random(seed)
    limit = dice.choice([1, 2, 5, 16])
    workers = Workers(redis_url, clock, PLAIN, {"google": Limits(limit)}, 3)
    begun = [0, 0, 0]

    async def work() -> None:
        await workers.share(clock.now)
        for _ in range(600):
            one = dice.randrange(3)
            clock.now += dice.uniform(0, 0.2)
            for each in range(3):
                await workers.throttles[each].share(clock.now)
            begun[one] += workers.begin(one, clock.now)
            for _ in range(dice.randrange(4)):
                workers.end(dice.randrange(3), clock.now)
            assert sum(workers.flying) <= limit

    run(workers, work)
    assert min(begun) > 600 * min(limit, 3) / 60


def test_all_places_are_used_by_whoever_needs_them(redis_url: str, clock: Clock) -> None:
    """One busy worker has every place; when another becomes busy, each has its half."""
    workers = Workers(redis_url, clock, PLAIN, {"google": Limits(8)})

    async def turn(*busy: int) -> None:
        for _ in range(4):
            for worker in busy:
                workers.begin(worker, clock.now)
                for _ in range(workers.flying[worker]):
                    workers.end(worker, clock.now)
                workers.begin(worker, clock.now)
            clock.now += 0.25
            await workers.share(clock.now)

    async def work() -> None:
        await workers.share(clock.now)
        await turn(0)
        assert [8, 0] == workers.flying
        await turn(0, 1)
        assert [4, 4] == workers.flying

    run(workers, work)


def test_one_place_goes_round(redis_url: str, clock: Clock) -> None:
    """Two workers that always want the only place each have it in turn, however busy its holder is."""
    workers = Workers(redis_url, clock, PLAIN, {"google": Limits(1)})
    turns = list[int]()

    async def work() -> None:
        await workers.share(clock.now)
        for _ in range(120):
            clock.now += 0.25
            for worker in (0, 1):
                workers.end(worker, clock.now)
                turns.extend([worker] * workers.begin(worker, clock.now))
            assert sum(workers.flying) <= 1
            await workers.share(clock.now)

    run(workers, work)
    assert min(turns.count(0), turns.count(1)) > 30


def test_permits_on_their_way_back_are_not_used(redis_url: str, clock: Clock) -> None:
    """While permits are being traded none is in hand, so none is both used and given back."""
    workers = Workers(redis_url, clock, FAST, {}, 1)

    async def work() -> None:
        for _ in range(3):
            await workers.share(clock.now)
            clock.now += 0.5
            workers.begin(0, clock.now, most=1)
        trade = asyncio.create_task(workers.share(clock.now))
        await asyncio.sleep(0)
        assert 0 == workers.begin(0, clock.now)
        await trade
        assert 0 < workers.begin(0, clock.now) <= 25

    run(workers, work)


def test_a_rate_is_shared(redis_url: str, clock: Clock) -> None:
    """Two workers that could each do more keep a relay's rate together, and reach it."""
    workers = Workers(redis_url, clock, FAST, {})
    begun = list[float]()

    async def work() -> None:
        for tick in range(400):
            clock.now += 0.05
            for worker in (0, 1):
                if (tick + 2 * worker) % 5 == 0:
                    await workers.throttles[worker].share(clock.now)
                begun.extend([clock.now] * workers.begin(worker, clock.now))

    run(workers, work)
    assert 0.9 * 50 * 20 <= len(begun) <= 50 * 20 + 25
    for first in range(0, len(begun), 10):
        within = [moment for moment in begun[first:] if moment < begun[first] + 2]
        assert len(within) <= 2 * 50 + 2 * 25


def test_a_killed_workers_places_return(redis_url: str, clock: Clock) -> None:
    """A worker that is never heard of again keeps its places for its lease, and no longer."""
    workers = Workers(redis_url, clock, PLAIN, {"google": Limits(6)})

    async def one_alone(seconds: float) -> None:
        until = clock.now + seconds
        while clock.now < until:
            clock.now += 0.25
            await workers.throttles[1].share(clock.now)
            workers.begin(1, clock.now)

    async def work() -> None:
        for worker in (0, 1):
            await workers.throttles[worker].share(clock.now)
        for _ in range(3):
            workers.begin(0, clock.now)
            await workers.throttles[0].share(clock.now)
        assert 6 == workers.flying[0]
        await one_alone(LEASE - 0.5)
        assert 0 == workers.flying[1]
        await one_alone(1.0)
        assert 6 == workers.flying[1]

    run(workers, work)


def test_a_flood_stops_every_worker(redis_url: str) -> None:
    """By the server's clock: after one trade each, all workers wait as long, whatever their own clocks say."""
    workers = Workers(redis_url, None, PLAIN, {}, 3)

    async def work() -> None:
        await workers.share(50.0)
        assert all(throttle.is_free for throttle in workers.throttles)
        workers.throttles[0].ended("google", FLOOD, 50.0, counted=False)
        await workers.throttles[0].share(50.0)
        await workers.throttles[1].share(7_000_000.0)
        await workers.throttles[2].share(-8.0)
        waits = [
            throttle.wait_for(PLAIN, "google", now)
            for throttle, now in zip(workers.throttles, (50.0, 7_000_000.0, -8.0), strict=True)
        ]
        assert [STOP] * 3 == pytest.approx(waits, abs=5)
        assert not workers.throttles[1].wait_for(PLAIN, "yahoo", 7_000_000.0)

    run(workers, work)


def test_refusals_at_the_same_moment_count_once(redis_url: str, clock: Clock) -> None:
    """Two workers that are refused together agree on one halving, though both write it."""
    workers = Workers(redis_url, clock, PLAIN, {})

    async def work() -> None:
        await workers.share(clock.now)
        for throttle in workers.throttles:
            throttle.ended("google", BUSY, clock.now, counted=False)
        await asyncio.gather(*(throttle.share(clock.now) for throttle in workers.throttles))
        await workers.share(clock.now)
        cautions = [throttle._lanes["google"].caution for throttle in workers.throttles]
        assert cautions[0] is not None
        assert cautions[0] == cautions[1]
        assert Limits(8) == cautions[0].limits
        assert not any(throttle._lanes["google"].warning for throttle in workers.throttles)

    run(workers, work)


@pytest.mark.parametrize("graver", [0, 1])
def test_no_worker_overwrites_what_another_learnt(redis_url: str, clock: Clock, graver: int) -> None:
    """Of two refusals written at once the graver stands, whoever writes last."""
    workers = Workers(redis_url, clock, PLAIN, {})

    async def work() -> None:
        await workers.share(clock.now)
        workers.throttles[graver].ended("google", FLOOD, clock.now, counted=False)
        workers.throttles[1 - graver].ended("google", BUSY, clock.now, counted=False)
        await asyncio.gather(*(throttle.share(clock.now) for throttle in workers.throttles))
        for _ in range(2):
            await workers.share(clock.now)
        waits = [throttle.wait_for(PLAIN, "google", clock.now) for throttle in workers.throttles]
        assert [STOP] * 2 == waits

    run(workers, work)


def test_recovery_is_shared(redis_url: str, clock: Clock) -> None:
    """One worker's good replies free the others too."""
    workers = Workers(redis_url, clock, PLAIN, {})

    async def work() -> None:
        await workers.share(clock.now)
        workers.throttles[0].ended("google", BUSY, clock.now, counted=False)
        await workers.share(clock.now)
        clock.now += ROUND
        for _ in range(4_000):
            await workers.throttles[0].share(clock.now)
            if workers.begin(0, clock.now, most=1):
                workers.end(0, clock.now)
            clock.now += GROW_AFTER / GROW_AFTER_MESSAGES
            if workers.throttles[0].is_free:
                break
        await workers.share(clock.now)
        assert [True, True] == [throttle.is_free for throttle in workers.throttles]

    run(workers, work)


def test_an_emptied_redis_is_taught_again(redis_url: str, clock: Clock) -> None:
    """What workers know survives in them, reaches those who do not know it yet, and places are still kept."""
    workers = Workers(redis_url, clock, PLAIN, {"yahoo": Limits(2)}, 3)

    async def work() -> None:
        await workers.throttles[0].share(clock.now)
        workers.throttles[0].ended("google", FLOOD, clock.now, counted=False)
        await workers.throttles[0].share(clock.now)
        forget(redis_url)
        clock.now += 0.25
        await workers.share(clock.now)
        assert [STOP - 0.25] * 3 == [
            throttle.wait_for(PLAIN, "google", clock.now) for throttle in workers.throttles
        ]

    run(workers, work)


def test_what_another_release_wrote_is_no_harm(redis_url: str, clock: Clock) -> None:
    """A caution that cannot be read is none, and can be overwritten."""
    workers = Workers(redis_url, clock, PLAIN, {})
    with Redis.from_url(redis_url) as redis:
        for operator, written in (("google", "[]"), ("yahoo", '{"limits": 3}'), ("apple", "not json")):
            redis.hset("newsletter:{throttle}:learnt", operator, written)

    async def work() -> None:
        await workers.share(clock.now)
        assert workers.throttles[0].is_free
        workers.throttles[0].ended("google", FLOOD, clock.now, counted=False)
        await workers.share(clock.now)
        assert STOP == workers.throttles[1].wait_for(PLAIN, "google", clock.now)

    run(workers, work)


@asynccontextmanager
async def line_to(url: str, frozen: asyncio.Event) -> Any:
    """Give the address of a line to Valkey on which, once ``frozen`` is set, nothing comes through any more."""
    path = urlsplit(url)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if not frozen.is_set():
                    writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if path.scheme == "unix":
            far = await asyncio.open_unix_connection(path.path)
        else:
            far = await asyncio.open_connection(path.hostname, path.port)
        await asyncio.gather(pump(reader, far[1]), pump(far[0], writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    finally:
        server.close()


def test_a_frozen_redis_is_left_and_found_again(redis_url: str, clock: Clock) -> None:
    """When Redis stops answering each worker keeps its part, says so once, and comes back by itself."""

    async def work() -> None:
        frozen = asyncio.Event()
        async with line_to(redis_url, frozen) as line:
            workers = Workers(line, clock, PLAIN, {"google": Limits(8)})
            await workers.share(clock.now)
            frozen.set()
            with structlog.testing.capture_logs() as logs:
                for _ in range(3):
                    clock.now += STALE
                    async with asyncio.timeout(2 * PATIENCE + 1):
                        await workers.throttles[0].share(clock.now)
                assert 4 == workers.begin(0, clock.now)
                workers.throttles[0].ended("google", FLOOD, clock.now)
                workers.flying[0] -= 1
                frozen.clear()
                clock.now += STALE
                await workers.share(clock.now)
            assert ["throttle_alone", "throttle_together"] == [each["event"] for each in logs]
            assert 0 == workers.begin(1, clock.now)
            assert STOP - STALE == workers.throttles[1].wait_for(PLAIN, "google", clock.now)
            await workers.close()

    asyncio.run(work())


@pytest.fixture
def silence() -> Iterator[str]:
    """Give the address of something that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.mark.parametrize("is_there", [True, False])
def test_no_redis_at_all(silence: str, clock: Clock, is_there: bool) -> None:
    """Silent or absent from the start: no error, and asked again no more than once a second."""
    url = silence if is_there else "redis://127.0.0.1:1/0"
    workers = Workers(url, clock, FAST, {"google": Limits(8)})

    async def work() -> None:
        for _ in range(4):
            await workers.throttles[0].share(clock.now)
            clock.now += 0.1
        workers.begin(0, clock.now)
        clock.now += 1.0
        assert 4 == workers.begin(0, clock.now)

    with structlog.testing.capture_logs() as logs:
        run(workers, work)
    assert 1 == len(logs)


def test_a_caution_wears_off_without_redis(clock: Clock) -> None:
    """However long Redis is away, an old caution is forgotten."""
    workers = Workers("redis://127.0.0.1:1/0", clock, PLAIN, {})

    async def work() -> None:
        workers.throttles[0].ended("google", FLOOD, clock.now, counted=False)
        await workers.share(clock.now)
        assert not workers.throttles[0].is_free
        clock.now += STOP + FORGET_AFTER
        await workers.share(clock.now)
        assert workers.throttles[0].is_free

    run(workers, work)


def test_a_process_may_change_its_loop(redis_url: str, clock: Clock) -> None:
    """A connection of a loop that has ended is not used again."""
    workers = Workers(redis_url, clock, PLAIN, {"google": Limits(4)})
    for _ in range(2):
        run(workers, lambda: workers.share(clock.now))
    assert not workers.throttles[0]._terms.is_lost
