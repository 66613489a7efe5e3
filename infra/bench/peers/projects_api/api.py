"""The endpoints."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import orjson
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from redis.asyncio import Redis

from .limiter import Limiter
from .lists import NUMBER_MAX, ROWS_DEFAULT, ROWS_MAX, START, Keyset, from_cursor, to_cursor
from .settings import Settings
from .store import Store
from .tokens import InvalidToken, Verifier

#: What app.enter raises for a tenant that must not come in.
REFUSALS = {"TN001": "unknown tenant", "TN002": "tenant is suspended", "TN003": "tenant is leaving"}

settings = Settings.from_env()
verifier = Verifier(settings.public_key, settings.issuer, settings.audience)
# Connects on first use.
redis = Redis.from_url(settings.redis_url)
limiter = Limiter(redis, settings.requests_per_window)
v2 = APIRouter(prefix="/v2")


class State:
    """What needs a running event loop to be made."""

    store: Store


class NewProject(BaseModel):
    """A project to be."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    description: Annotated[str, StringConstraints(max_length=10_000)] = ""


async def admitted(request: Request) -> UUID:
    """The caller's tenant, once its token is verified and its request counted.

    One dependency that reads the header itself: FastAPI's HTTPBearer and a chain of dependencies
    say the same in more calls. It is `async` so that it runs here and not in a thread.
    """
    try:
        tenant = verifier.tenant(request.headers.get("authorization"))
    except InvalidToken as error:
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise HTTPException(401, "invalid token", headers) from error
    retry_after = await limiter.admit(tenant)
    if retry_after is not None:
        headers = {"Retry-After": str(retry_after)}
        raise HTTPException(429, "rate limit exceeded", headers)
    return tenant


Tenant = Annotated[UUID, Depends(admitted)]


@v2.get("/projects", response_model=None)
async def list_projects(
    tenant: Tenant,
    limit: Annotated[int, Query(ge=1, le=ROWS_MAX)] = ROWS_DEFAULT,
    page: Annotated[int | None, Query(ge=1, le=NUMBER_MAX)] = None,
    cursor: str | None = None,
) -> Response | dict[str, Any]:
    """A page of the tenant's projects, newest first."""
    if cursor is not None and page is not None:
        raise HTTPException(400, "page cannot be combined with cursor")
    try:
        after = START if cursor is None else from_cursor(cursor, tenant)
    except ValueError as error:
        raise HTTPException(400, f"cursor {error}") from error
    number = None if cursor is not None else page or 1
    rows, total = await State.store.list(tenant, after, limit, ((number or 1) - 1) * limit)
    shown = rows[:limit]
    more = len(rows) > limit
    last = Keyset(shown[-1]["created_at"], shown[-1]["id"]) if more else None
    meta = {
        "total": total,
        "limit": limit,
        "page": number,
        "next_cursor": to_cursor(last, tenant) if last else None,
    }
    content = {"data": [present(row) for row in shown], "meta": meta}
    # The article returns what it has and leaves the writing to FastAPI.
    return answer(content) if settings.tuned else content


@v2.get("/projects/{project}")
async def find_project(tenant: Tenant, project: UUID) -> Response:
    """One project."""
    row = await State.store.find(tenant, project)
    if row is None:
        raise HTTPException(404, "no such project")
    return answer(present(row))


@v2.post("/projects", status_code=201)
async def create_project(tenant: Tenant, body: NewProject) -> Response:
    """A new project."""
    row = await State.store.insert(tenant, body.name, body.description)
    return answer(present(row), 201, {"Location": f"/v2/projects/{row['id']}"})


def present(row: asyncpg.Record) -> dict[str, Any]:
    """A project on the wire."""
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "status": row["status"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON.

    orjson writes rows as they come, times included. A response model would first make an object
    of each row and validate what the table has already checked.
    """
    body = orjson.dumps(content, default=str, option=orjson.OPT_UTC_Z)
    return Response(body, status, headers, media_type="application/json")


async def refuse(_: Request, error: Exception) -> Response:
    """What the database refused: a tenant that must not come in, or a fault of ours."""
    refusal = REFUSALS.get(getattr(error, "sqlstate", None) or "")
    if refusal is None:
        raise error
    return answer({"detail": refusal}, 403)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Opens the store before uvicorn accepts requests."""
    State.store = await Store.open(settings.database_url, settings.connections)
    yield
    await State.store.close()
    await redis.aclose()


# No middleware: each would wrap every request. No OpenAPI route and no telemetry: neither is used.
app = FastAPI(
    lifespan=lifespan,
    openapi_url=None,
    telemetry={"tracing": False, "metrics": False, "logs": False},
)
app.add_exception_handler(asyncpg.PostgresError, refuse)
app.include_router(v2)
