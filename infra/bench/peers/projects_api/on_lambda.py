"""The API as a Lambda function: `python -m awslambdaric projects_api.on_lambda.handler`."""

import asyncio
from typing import Any

import uvloop
from mangum import Mangum

from .api import State, app, settings
from .store import Store

# One loop for the life of the process, found by Mangum: connections belong to the loop that made
# them. uvloop costs a few milliseconds at the start and is faster from then on.
loop = uvloop.new_event_loop() if settings.tuned else asyncio.new_event_loop()
asyncio.set_event_loop(loop)

# With "auto", Mangum would start up and shut down the application around every single event.
# The routes have the stage in their paths, as rawPath has, so there is no base path to strip.
_serve = Mangum(app, lifespan="off")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Serves one event of an HTTP API (payload format 2.0)."""
    if not hasattr(State, "store"):
        # An environment serves one event at a time: one connection. It is made by the first
        # event, so that the time before the first `next` is spent on imports alone.
        State.store = loop.run_until_complete(Store.open(settings.database_url, connections=1))
    return _serve(event, context)
