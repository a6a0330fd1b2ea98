"""Rates and fuel in a Redis, so that they hold for all nodes that share it.

One script asks and counts at once, by Redis's own clock. Where Redis does not answer, the node's own counts hold, which
is said in the log, in /flow/health and in a metric: a principal can then begin its rate on each node.
"""

import time
from collections.abc import Sequence

import redis.asyncio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from host.execution.rates import (
    DAY_S,
    SECOND_US,
    Allowance,
    NodeRates,
    RateState,
    burst_us,
    interval_us,
    refuse_fuel,
    refuse_rate,
    states,
)

_PREFIX = "cellblock:"
_TIMEOUT_S = 0.25
_CONNECTIONS_MAX = 16
#: After a failure Redis is left alone for so long, so that not every request waits for it.
_PAUSE_S = 1.0
_SAY_EVERY_S = 60.0

# KEYS: the fuel's key, then one for each rate. ARGV: the fuel of a day (-1: no limit), then for each rate the
# microseconds between two executions and those of a burst. Gives now, the fuel burnt, the number of the rate that
# refuses (0: none), and when the next execution of each rate is due. Lua's numbers are exact to 2^53, but `tostring`
# rounds them.
_BEGIN = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1e6 + tonumber(clock[2])
local function whole(number) return string.format('%.0f', number) end
local burnt = 0
if tonumber(ARGV[1]) >= 0 then
  burnt = tonumber(redis.call('GET', KEYS[1] .. ':' .. math.floor(now / 86400e6)) or '0')
  if burnt >= tonumber(ARGV[1]) then return {whole(now), whole(burnt), -1} end
end
local dues = {}
for i = 2, #KEYS do
  dues[i - 1] = math.max(tonumber(redis.call('GET', KEYS[i]) or '0'), now)
end
local answer = {whole(now), whole(burnt), 0}
for i = 1, #dues do
  local interval, burst = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  if answer[3] == 0 and dues[i] + interval - now > burst then answer[3] = i end
end
for i = 1, #dues do
  if answer[3] == 0 then
    dues[i] = dues[i] + tonumber(ARGV[2 * i])
    redis.call('SET', KEYS[i + 1], whole(dues[i]), 'PX', math.ceil((dues[i] - now) / 1000) + 1000)
  end
  answer[3 + i] = whole(dues[i])
end
return answer
"""

# KEYS: one for each rate. ARGV: its microseconds between two executions. What has run out meanwhile stays so.
_TAKE_BACK = """
for i = 1, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('DECRBY', KEYS[i], ARGV[i]) end
end
"""

log = structlog.get_logger()


class RedisRates:
    """`url` is a redis:// URL. `node` counts where Redis does not answer."""

    def __init__(self, url: str, node: NodeRates, timeout_s: float = _TIMEOUT_S) -> None:
        self._node = node
        # Whoever finds no connection free waits for one: a burst of requests is not one of connections. And without the
        # client's own retries, which wait for seconds: the node's counts are at hand.
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS_MAX,
            timeout=timeout_s,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
        )
        self._client = redis.asyncio.Redis.from_pool(pool)
        self._begin = self._client.register_script(_BEGIN)
        self._take_back = self._client.register_script(_TAKE_BACK)
        #: Whether Redis answered when it was last asked.
        self.up = True
        self._paused_until = 0.0
        self._said = -_SAY_EVERY_S

    @property
    def _asked(self) -> bool:
        """Whether Redis is asked now: not for a while after it has failed."""
        return self.up or time.monotonic() >= self._paused_until

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    def _failed(self, error: Exception) -> None:
        now = time.monotonic()
        self.up = False
        self._paused_until = now + _PAUSE_S
        if now - self._said >= _SAY_EVERY_S:
            self._said = now
            log.error("redis does not answer; rates and quotas hold for each node alone", error=type(error).__name__)

    async def begin(self, allowance: Allowance) -> Sequence[RateState]:
        if not self._asked:
            return await self._node.begin(allowance)
        keys = [_PREFIX + allowance.fuel_key, *(_PREFIX + key for _, key, _ in allowance.rates)]
        arguments: list[int] = [-1 if allowance.fuel_per_day is None else allowance.fuel_per_day]
        for _, _, rate in allowance.rates:
            arguments += [interval_us(rate), burst_us(rate)]
        try:
            now, _, refused, *dues = await self._begin(keys=keys, args=arguments)
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)
            return await self._node.begin(allowance)
        self.up = True
        return _verdict(allowance, int(now), int(refused), [int(due) for due in dues])

    async def take_back(self, allowance: Allowance) -> None:
        if not self._asked:
            return await self._node.take_back(allowance)
        try:
            keys = [_PREFIX + key for _, key, _ in allowance.rates]
            await self._take_back(keys=keys, args=[interval_us(rate) for _, _, rate in allowance.rates])
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)

    async def burnt(self, allowance: Allowance, fuel: int) -> None:
        if allowance.fuel_per_day is None:
            return
        # Also here, so that the node has its own part of the day's fuel should Redis go away.
        await self._node.burnt(allowance, fuel)
        if not self._asked:
            return
        key = f"{_PREFIX}{allowance.fuel_key}:{int(time.time() // DAY_S)}"
        try:
            async with self._client.pipeline(transaction=True) as pipe:
                await pipe.incrby(key, fuel).expire(key, 2 * DAY_S).execute()
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)


def _verdict(allowance: Allowance, now_us: int, refused: int, dues_us: list[int]) -> Sequence[RateState]:
    if refused < 0:
        raise refuse_fuel(allowance.fuel_per_day, now_us / SECOND_US)
    standing = states(allowance, dues_us, now_us)
    if refused:
        name, _, rate = allowance.rates[refused - 1]
        too_early_us = dues_us[refused - 1] + interval_us(rate) - now_us - burst_us(rate)
        raise refuse_rate(name, rate, too_early_us, standing)
    return standing
