"""The projects API as the Python design has it: FastAPI, asyncpg, a Redis counter, PyJWT.

It is what the benchmark compares the Rust functions with, and it is written to win: each choice
is the fastest one that a good engineer would put into production, and the comment beside it says
so. It serves the same requests from the same table, index and policy, as the same database role:

    GET  /v2/projects?limit=&cursor=&page=    POST /v2/projects    GET /v2/projects/{id}

Every request verifies its bearer token and is counted, in that order, before anything is read.

Two ways to serve it, both with this folder's parent on PYTHONPATH:

    python -m awslambdaric projects_api.on_lambda.handler
    python -m uvicorn projects_api.api:app --loop uvloop --http httptools --no-access-log

Where the choice was open, it was made in this program's favour: it writes no line per request,
keeps no idempotency records and no outbox, asks for no session or plan, and has no middleware.
"""
