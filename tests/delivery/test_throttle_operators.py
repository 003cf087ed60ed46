"""Five operators, two workers, a scaled clock: one operator's flood warning is that operator's affair alone."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from redis import Redis

from newsletter.config import Settings
from newsletter.delivery.outcome import Receipt, receipt_for
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.throttling.operator_rules import GROW_AFTER, STOP
from newsletter.delivery.throttling.shared import SharedThrottle
from newsletter.delivery.throttling.throttle import Throttle

RELAY = Relay("relay.example", 25, Tls.IF_OFFERED, connections=10)
OPERATORS = ("google", "yahoo", "microsoft", "apple", "firm.example")
EACH = 600
WORKERS = 2
REPLY_AFTER = 0.5
STEP = 0.125
FLOOD_LASTS = 120.0


@dataclass
class Worker:
    """One process: its throttle, what waits for each operator, what is in flight and when each reply comes."""

    throttle: Throttle
    waiting: dict[str, int]
    turns: deque[str] = field(default_factory=lambda: deque(OPERATORS))
    flying: deque[tuple[float, str]] = field(default_factory=deque)


@dataclass
class World:
    """What happened: when each operator's last message was accepted, and every message begun at the one."""

    flooded: str
    now: float = 0.0
    finished: dict[str, float] = field(default_factory=dict)
    begun: list[float] = field(default_factory=list)
    most_in_flight: dict[int, int] = field(default_factory=dict)
    refused: int = 0

    def reply(self, operator: str) -> Receipt:
        if operator == self.flooded and self.now < FLOOD_LASTS:
            self.refused += 1
            return receipt_for(1, 421, "4.7.28 Our system has detected an unusual rate of mail")
        return receipt_for(1, 250, "2.0.0 OK")


def step(world: World, worker: Worker) -> None:
    """Take the replies that are there, then begin what may begin."""
    while worker.flying and worker.flying[0][0] <= world.now:
        _, operator = worker.flying.popleft()
        receipt = world.reply(operator)
        worker.throttle.ended(operator, receipt, world.now)
        if receipt.code == 421:
            worker.waiting[operator] += 1
        else:
            world.finished[operator] = world.now
    for _ in range(len(OPERATORS) * RELAY.connections):
        operator = worker.turns[0]
        worker.turns.rotate(-1)
        if len(worker.flying) == RELAY.connections:
            return
        if worker.waiting[operator] and not worker.throttle.wait_for(RELAY, operator, world.now):
            worker.waiting[operator] -= 1
            worker.flying.append((world.now + REPLY_AFTER, operator))
            if operator == world.flooded:
                world.begun.append(world.now)


async def live(url: str, flooded: str) -> World:
    world = World(flooded)
    workers = [
        Worker(
            Throttle([RELAY], {}, WORKERS, SharedThrottle(url, lambda: world.now)),
            dict.fromkeys(OPERATORS, EACH // WORKERS),
        )
        for _ in range(WORKERS)
    ]
    while any(worker.flying or any(worker.waiting.values()) for worker in workers):
        assert world.now < 3_600
        for worker in workers:
            await worker.throttle.share(world.now)
            step(world, worker)
        second = int(world.now)
        flying = sum(each[1] == flooded for worker in workers for each in worker.flying)
        world.most_in_flight[second] = max(flying, world.most_in_flight.get(second, 0))
        # With nothing in flight nothing can happen soon.
        world.now += STEP if any(worker.flying for worker in workers) else 0.5
    for worker in workers:
        await worker.throttle.close()
    return world


@pytest.fixture
def redis_url(servers: Settings) -> str:
    """Give the address of a Valkey that remembers no throttle."""
    url = servers.redis_url.get_secret_value()
    with Redis.from_url(url) as redis:
        for name in redis.keys("newsletter:{throttle}*"):
            redis.delete(name)
    return url


def test_one_operators_flood_is_its_own_affair(redis_url: str) -> None:
    """It answers 421 4.7.28 for two minutes: the others finish as without it, and it recovers by Gmail's rule."""
    calm = asyncio.run(live(redis_url, ""))
    flood = asyncio.run(live(redis_url, "google"))
    for operator in set(OPERATORS) - {"google"}:
        assert flood.finished[operator] <= calm.finished[operator]
    # Both workers together never had more in flight than these when the first refusal came.
    assert 0 < flood.refused <= WORKERS * RELAY.connections
    silence = [later - one for one, later in pairwise(flood.begun)]
    assert STOP - 1 <= max(silence) <= STOP + 2
    again = next(later for one, later in pairwise(flood.begun) if later - one == max(silence))
    assert 1 == max(flood.most_in_flight[second] for second in range(int(again), int(again + GROW_AFTER) - 1))
    growth = [flood.most_in_flight.get(second, 0) for second in range(int(again), int(flood.finished["google"]))]
    assert 2 <= max(growth)
    assert all(most <= 1 + seconds / GROW_AFTER for seconds, most in enumerate(growth, 1))
    assert len(flood.begun) == EACH + flood.refused
