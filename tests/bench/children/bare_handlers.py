"""The limit of reads: FastAPI and asyncpg with one SELECT per request, the same JSON, and nothing else."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

COLUMNS = "id, name, org_unit, parent_id, headcount, version, created_at"


class Customer(BaseModel):
    id: UUID
    name: str
    org_unit: str | None
    parent_id: UUID | None
    headcount: int | None
    version: int
    created_at: datetime


class Customers(BaseModel):
    items: list[Customer]
    next: str | None


def app_over(url: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(url, min_size=3, max_size=10) as app.state.pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/readyz")
    async def ready() -> str:
        return "ready"

    @app.get("/customers/{customer_id}")
    async def read(request: Request, customer_id: UUID) -> Customer:
        row = await request.app.state.pool.fetchrow(
            f"SELECT {COLUMNS} FROM engagement.customers WHERE id = $1",  # noqa: S608 - a constant
            customer_id,
        )
        return Customer(**row)

    @app.get("/customers")
    async def read_many(request: Request, limit: int = 50) -> Customers:
        rows = await request.app.state.pool.fetch(
            f"SELECT {COLUMNS} FROM engagement.customers ORDER BY id LIMIT $1",  # noqa: S608 - a constant
            limit + 1,
        )
        last = str(rows[limit - 1]["id"]) if len(rows) > limit else None
        return Customers(items=[Customer(**row) for row in rows[:limit]], next=last)

    return app


if __name__ == "__main__":
    uvicorn.run(
        app_over(sys.argv[2]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
    )
