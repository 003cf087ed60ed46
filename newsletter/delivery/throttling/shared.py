"""What the workers' throttles tell each other through Redis: permits, places, and what operators' refusals taught.

Two scripts, because each must be one step for all workers. Times are the server's own, so the workers' clocks do
not matter. Redis remembers nothing that the workers could not do without: see
:mod:`newsletter.delivery.throttling.throttle`.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript

PATIENCE = 0.25
"""Seconds that Redis may take for one answer."""

LEASE = 5.0
"""Seconds after which the places of a worker that says nothing are anybody's."""

_PREFIX = "newsletter:{throttle}"
_EPOCH, _LEARNT = f"{_PREFIX}:epoch", f"{_PREFIX}:learnt"

_EXCHANGE = """
-- KEYS: epoch, learnt, a bucket each, an operator's places each.
-- ARGV: now (below 0: ask the server), worker, lease, number of buckets;
--       rate, burst, permits wanted, permits left a bucket; limit, places wanted, messages in flight an operator.
local now, worker, lease, buckets = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if now < 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
redis.call('SET', KEYS[1], worker .. ':' .. string.format('%.6f', now), 'NX')
local permits, places, arg = {}, {}, 5

for number = 1, buckets do
  local key = KEYS[2 + number]
  local rate, burst = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
  local want, left = tonumber(ARGV[arg + 2]), tonumber(ARGV[arg + 3])
  local kept = redis.call('HMGET', key, 'tokens', 'at')
  local passed = math.max(0, now - (tonumber(kept[2]) or now))
  local tokens = math.min(burst, (tonumber(kept[1]) or 0) + passed * rate + left)
  local granted = math.min(want, math.floor(tokens))
  redis.call('HSET', key, 'tokens', string.format('%.6f', tokens - granted), 'at', string.format('%.6f', now))
  redis.call('PEXPIRE', key, 60000)
  permits[number] = granted
  arg = arg + 4
end

for number = 1, #KEYS - 2 - buckets do
  local key = KEYS[2 + buckets + number]
  local limit, want, flying = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
  local held, wanted, names = {}, {}, {worker}
  local all = redis.call('HGETALL', key)
  for at = 1, #all, 2 do
    local has, wants, ends = string.match(all[at + 1], '^(%S+) (%S+) (%S+)$')
    if tonumber(ends) <= now then
      redis.call('HDEL', key, all[at])
    elseif all[at] ~= worker then
      held[all[at]], wanted[all[at]] = tonumber(has), tonumber(wants)
      names[#names + 1] = all[at]
    end
  end
  table.sort(names)
  -- Equal parts; what cannot be parted goes round, so that one place serves several workers in turn.
  local part, rest, turn = math.floor(limit / #names), limit % #names, math.floor(now / 2)
  local taken, reserved, mine = 0, 0, part
  for index, name in ipairs(names) do
    local fair = part + (((index + turn) % #names < rest) and 1 or 0)
    if name == worker then
      mine = fair
    else
      taken = taken + held[name]
      reserved = reserved + math.max(held[name], math.min(wanted[name], fair))
    end
  end
  local granted = math.max(0, math.min(want, limit - taken, math.max(mine, limit - reserved)))
  if want == 0 and flying == 0 then
    redis.call('HDEL', key, worker)
  else
    local line = string.format('%d %d %.6f', math.max(granted, flying), want, now + lease)
    redis.call('HSET', key, worker, line)
    redis.call('PEXPIRE', key, 60000)
  end
  places[number] = granted
  arg = arg + 3
end

return {redis.call('GET', KEYS[1]), string.format('%.6f', now), redis.call('HGETALL', KEYS[2]), permits, places}
"""

_LEARN = """
-- KEYS: learnt. ARGV: operator, what was read ('' for nothing), what to write ('' to forget), and so on.
local written = {}
for at = 1, #ARGV, 3 do
  if (redis.call('HGET', KEYS[1], ARGV[at]) or '') == ARGV[at + 1] then
    if ARGV[at + 2] == '' then
      redis.call('HDEL', KEYS[1], ARGV[at])
    else
      redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 2])
      redis.call('PEXPIRE', KEYS[1], 7200000)
    end
    written[#written + 1] = ARGV[at]
  end
end
return written
"""


@dataclass(frozen=True, slots=True)
class PermitsAsked:
    """``want`` permits of a bucket of ``rate`` a second, ``left`` of the last ones going back."""

    rate: float
    burst: float
    want: int
    left: float


@dataclass(frozen=True, slots=True)
class PlacesAsked:
    """``want`` of the ``limit`` places at an operator, ``in_flight`` of them in use."""

    limit: int
    want: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Told:
    """What Redis answered: its time, its epoch (another one: it was emptied), and what was asked for."""

    now: float
    epoch: str
    learnt: Mapping[str, str]
    permits: Mapping[str, int]
    places: Mapping[str, int]


@dataclass
class SharedThrottle:
    """One worker's line to Redis. ``seconds`` replaces the server's clock, for tests that cannot wait."""

    redis_url: str
    seconds: Callable[[], float] | None = None
    worker: str = field(default_factory=lambda: secrets.token_hex(8))
    _line: "_Line | None" = None

    async def exchange(self, permits: Mapping[str, PermitsAsked], places: Mapping[str, PlacesAsked]) -> Told:
        """Ask for permits by bucket and places by operator. Raises OSError, RedisError or TimeoutError."""
        keys = [_EPOCH, _LEARNT]
        keys += [f"{_PREFIX}:rate:{name}" for name in permits]
        keys += [f"{_PREFIX}:places:{name}" for name in places]
        now = self.seconds() if self.seconds else -1.0
        words: list[str | float] = [f"{now:.6f}", self.worker, LEASE, len(permits)]
        for bucket in permits.values():
            words += [bucket.rate, bucket.burst, bucket.want, bucket.left]
        for lane in places.values():
            words += [lane.limit, lane.want, lane.in_flight]
        async with asyncio.timeout(PATIENCE):
            epoch, then, learnt, granted, given = await self._open().exchange(keys=keys, args=words)
        return Told(
            float(then),
            epoch,
            dict(zip(learnt[::2], learnt[1::2], strict=True)),
            dict(zip(permits, granted, strict=True)),
            dict(zip(places, given, strict=True)),
        )

    async def learn(self, changes: Mapping[str, tuple[str, str]]) -> set[str]:
        """Write what each operator taught if it still stands as read. Return the operators it was written of."""
        words = [word for operator, (read, new) in changes.items() for word in (operator, read, new)]
        async with asyncio.timeout(PATIENCE):
            return set(await self._open().learn(keys=[_LEARNT], args=words))

    async def close(self) -> None:
        """Hang up."""
        line, self._line = self._line, None
        if line and line.loop is asyncio.get_running_loop():
            await line.redis.aclose()

    def _open(self) -> "_Line":
        # A connection belongs to the loop it was opened on; a process may have had another before.
        loop = asyncio.get_running_loop()
        if self._line is None or self._line.loop is not loop:
            redis = Redis.from_url(
                self.redis_url,
                decode_responses=True,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 0),
                single_connection_client=True,
            )
            self._line = _Line(loop, redis, redis.register_script(_EXCHANGE), redis.register_script(_LEARN))
        return self._line


@dataclass(frozen=True, slots=True)
class _Line:
    """A connection, the loop it lives on, and its scripts."""

    loop: asyncio.AbstractEventLoop
    redis: Redis
    exchange: AsyncScript
    learn: AsyncScript
