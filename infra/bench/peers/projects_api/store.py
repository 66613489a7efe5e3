"""Every statement, and the connections that run them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from .lists import Keyset

ENTER = "SELECT app.enter($1)"

_COLUMNS = "id, name, description, status, created_at, updated_at"

#: How many rows the whole list has, from the sums that the schema's triggers keep: what the Rust
#: functions read, and for a tenant of many rows far cheaper than the count(*) of the article.
TOTAL = "SELECT coalesce(sum(rows), 0)::bigint FROM tallies WHERE table_name = 'projects'"

# The total travels with the rows, evaluated once: asyncpg cannot send a second statement before
# the first is answered, so two statements would be two round trips.
LIST = f"""
SELECT {_COLUMNS}, ({TOTAL}) AS total
FROM projects
WHERE (created_at, id) < ($1, $2)
ORDER BY created_at DESC, id DESC
LIMIT $3 OFFSET $4"""

FIND = f"SELECT {_COLUMNS} FROM projects WHERE id = $1"

INSERT = f"""
INSERT INTO projects (id, name, description)
VALUES (gen_random_uuid(), $1, $2)
RETURNING {_COLUMNS}"""


class Store:
    """Projects in PostgreSQL, one tenant at a time."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, connections: int) -> "Store":
        """Connects once; further connections come with the load."""
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=connections, reset=_nothing_to_reset
        )
        return cls(pool)

    async def close(self) -> None:
        """Closes all connections."""
        await self._pool.close()

    async def list(
        self, tenant: UUID, after: Keyset, rows: int, offset: int
    ) -> tuple[list[asyncpg.Record], int]:
        """The rows of a page and one more, and how many rows there are."""
        async with self._tenant(tenant, readonly=True) as connection:
            found = await connection.fetch(LIST, *after, rows + 1, offset)
            if found:
                return found, found[0]["total"]
            return found, await connection.fetchval(TOTAL)

    async def find(self, tenant: UUID, project: UUID) -> asyncpg.Record | None:
        """Looks one up."""
        async with self._tenant(tenant, readonly=True) as connection:
            return await connection.fetchrow(FIND, project)

    async def insert(self, tenant: UUID, name: str, description: str) -> asyncpg.Record:
        """Adds one."""
        async with self._tenant(tenant) as connection:
            rows = await connection.fetch(INSERT, name, description)
            return rows[0]

    @asynccontextmanager
    async def _tenant(
        self, tenant: UUID, readonly: bool = False
    ) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
        """A transaction in which the policy shows this tenant's rows."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(readonly=readonly),
        ):
            await connection.execute(ENTER, tenant)
            yield connection


async def _nothing_to_reset(_: asyncpg.Connection) -> None:
    """Replaces asyncpg's RESET ALL after each use, a round trip.

    The tenant is set for its transaction only, and nothing else here changes a session.
    """
