"""What the environment says."""

import os
from dataclasses import dataclass

#: The article's limit and window.
LIMIT_DEFAULT = 100
WINDOW_SECS = 60
#: Connections of one uvicorn worker. It has one CPU, and a request holds a connection for most of
#: its life, so more would only queue in PostgreSQL instead of here.
CONNECTIONS_DEFAULT = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """Where everything is, and whose tokens are good."""

    database_url: str
    redis_url: str
    public_key: str
    issuer: str
    audience: str
    requests_per_window: int
    connections: int
    #: Whether to do what the article does not: see README of the benchmarks.
    tuned: bool

    @classmethod
    def from_env(cls) -> "Settings":
        """Reads the environment; a variable that is missing is a KeyError with its name.

        Written by hand: pydantic-settings would do the same and cost its import at each start.
        """
        env = os.environ
        return cls(
            database_url=env["DATABASE_URL"],
            redis_url=env["REDIS_URL"],
            public_key=env["TOKEN_PUBLIC_KEY"],
            issuer=env["TOKEN_ISSUER"],
            audience=env["TOKEN_AUDIENCE"],
            requests_per_window=int(env.get("REQUESTS_PER_MINUTE", LIMIT_DEFAULT)),
            connections=int(env.get("DATABASE_CONNECTIONS", CONNECTIONS_DEFAULT)),
            tuned=env.get("TUNED", "1") == "1",
        )
