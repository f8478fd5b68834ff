"""The limit of reads and writes: FastAPI and asyncpg with the same JSON, and nothing else.

A read is one SELECT, a write one INSERT of the customer and one of its event, in a transaction.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

COLUMNS = "id, name, org_unit, parent_id, headcount, version, created_at"
INSERT_CUSTOMER = f"""
INSERT INTO engagement.customers (id, name, org_unit, parent_id, headcount, version) VALUES ($1, $2, $3, $4, $5, 1)
RETURNING {COLUMNS}
"""  # noqa: S608 - a constant
INSERT_EVENT = """
INSERT INTO engagement.outbox (id, type, subject, version, time, data, correlation)
VALUES ($1, 'bare', $2, 1, now(), $3, 'bare')
"""


class Customer(BaseModel):
    id: UUID
    name: str
    org_unit: str | None
    parent_id: UUID | None
    headcount: int | None
    version: int
    created_at: datetime


class NewCustomer(BaseModel):
    name: str
    org_unit: str | None = None
    parent_id: UUID | None = None
    headcount: int | None = None


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

    @app.post("/customers", status_code=201)
    async def write(request: Request, body: NewCustomer) -> Customer:
        key = uuid4()
        async with request.app.state.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(INSERT_CUSTOMER, key, *body.model_dump().values())
            customer = Customer(**row)
            await connection.execute(INSERT_EVENT, uuid4(), str(key), customer.model_dump_json().encode())
        return customer

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
