"""How often a tenant may ask: a counter in Redis for each tenant and minute."""

import time
from uuid import UUID

# hiredis is installed, so redis-py parses answers in C.
from redis.asyncio import Redis

from .settings import WINDOW_SECS


class Limiter:
    """Counts requests in fixed windows."""

    def __init__(self, redis: Redis, limit: int) -> None:
        self._redis = redis
        self._limit = limit

    async def admit(self, tenant: UUID) -> int | None:
        """Counts one request. Answers in how many seconds to come back when it is one too many.

        One command per request, as the article has it: EXPIRE is sent by the first of a window
        only. A pipeline of both would cost a second command each time and gain nothing, because
        a key carries its window in its name: one that lost its EXPIRE is garbage, not a lock-out.
        """
        now = int(time.time())
        key = f"rate:{tenant}:{now // WINDOW_SECS}"
        count = await self._redis.incr(key)
        if count == 1:
            await self._redis.expire(key, WINDOW_SECS)
        if count > self._limit:
            return WINDOW_SECS - now % WINDOW_SECS
        return None
