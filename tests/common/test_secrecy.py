"""Nothing that a caller sent and nothing that a row holds reaches a log, a failed item or a dead letter's reason."""

import io
import json
import logging as stdlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import structlog
from sqlalchemy import JSON, Column, Enum, Table, Text, select
from sqlalchemy.dialects.postgresql import insert

from common import logging
from common.events.envelope import Envelope
from common.events.event_processor import EventProcessor
from common.events.inbox import Inbox
from common.events.reactions import Reaction
from common.http import health
from common.ids import new_id
from common.jobs import periodic_jobs
from common.jobs.retries import JobBatch
from common.runtime import Runtime
from common.service import PeriodicJob
from common.testing.databases import replace_in_url
from common.testing.plugin import ServiceUnderTest, StartService
from common.unit_of_work import UnitOfWork
from tests.common.conftest import NoteWritten
from tests.common.events.test_foreign_records import letters
from tests.conftest import SERVICES

MARKER = "marlene-marker"
WITHOUT_MARKER = {"setbacks", "dead_letters", "alembic_version"}
"""Tables in which the test reads what was recorded."""


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged, as a deployed service would write it."""
    root, before, level, output = (
        stdlib.getLogger(),
        stdlib.getLogger().handlers,
        stdlib.getLogger().level,
        io.StringIO(),
    )
    configuration = structlog.get_config()
    logging.configure("json", "DEBUG")
    structlog.configure(cache_logger_on_first_use=False)
    for handler in root.handlers:
        if isinstance(handler, stdlib.StreamHandler):
            handler.setStream(output)
    yield output
    root.handlers = before
    root.setLevel(level)
    structlog.configure(**configuration)


def build_row(table: Table) -> dict[str, Any]:
    """Build a row that holds the marker wherever text fits."""
    columns = [column for column in table.columns if column.identity is None and column.computed is None]
    return {column.key: build_value(column) for column in columns}


def build_value(column: Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, Enum):
        return next(iter(kind.enum_class)) if kind.enum_class else kind.enums[0]
    if isinstance(kind, JSON):
        return {"name": MARKER}
    examples: dict[type, Any] = {
        str: MARKER,
        bytes: MARKER.encode(),
        UUID: uuid4(),
        datetime: datetime.now(UTC),
        date: date(2026, 1, 1),
        list: [],
    }
    return examples[kind.python_type] if kind.python_type in examples else kind.python_type(1)


async def plant_markers(admin: asyncpg.Connection, runtime: Runtime, tables: Mapping[Table, dict[str, Any]]) -> None:
    """Leave the tables no constraints but keys and NOT NULL, and give each of them its row."""
    constraints = await admin.fetch(
        "SELECT conrelid::regclass::text AS relation, conname FROM pg_constraint"
        " WHERE contype IN ('c', 'f') AND connamespace::regnamespace::text = $1 AND conparentid = 0 AND conislocal",
        runtime.name,
    )
    for constraint in constraints:
        await admin.execute(
            f'ALTER TABLE {constraint["relation"]} DROP CONSTRAINT IF EXISTS "{constraint["conname"]}" CASCADE'
        )
    parents = "SELECT c.relname FROM pg_class c WHERE c.relkind = 'p' AND c.relnamespace::regnamespace::text = $1"
    for parent in await admin.fetch(parents, runtime.name):
        name = f"{runtime.name}.{parent['relname']}"
        await admin.execute(f"CREATE TABLE {name}_rest PARTITION OF {name} DEFAULT")
    async with runtime.database.engine.begin() as connection:
        for table, row in tables.items():
            await connection.execute(insert(table).values(**row).on_conflict_do_nothing())


async def read_reasons(runtime: Runtime) -> str:
    failed = [item["reason"] for item in await health.list_failed_items(runtime)]
    return "\n".join([*failed, *(letter["reason"] for letter in await letters(runtime))])


@pytest.fixture(params=SERVICES)
async def service(request: pytest.FixtureRequest, start_committed_service: StartService) -> ServiceUnderTest:
    service: ServiceUnderTest = await start_committed_service(request.param)
    return service


@pytest.fixture
async def admin(service: ServiceUnderTest, postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    name = service.runtime.database.settings.url.rpartition("/")[2]
    connection = await asyncpg.connect(replace_in_url(postgres_url, database=name))
    await connection.execute(f"ALTER DATABASE {name} SET lock_timeout = '20ms'")
    yield connection
    await connection.close()


async def test_no_marker_of_a_row_or_a_request_is_logged_or_stored_as_a_reason(
    service: ServiceUnderTest, admin: asyncpg.Connection, headers: Callable[..., dict[str, str]], log: io.StringIO
) -> None:
    runtime = service.runtime
    tables = {
        table: build_row(table) for table in service.service.metadata.sorted_tables if table.name not in WITHOUT_MARKER
    }
    await plant_markers(admin, runtime, tables)

    for table, row in tables.items():
        await break_constraints(runtime, table, row)
    await wait_for_locks(service, admin, list(tables), headers("admin"))

    reasons = await read_reasons(runtime)
    assert "SQLSTATE 23505; constraint pk_" in reasons
    assert "SQLSTATE 23502; table " in reasons
    assert {"job_item_failed", "job_postponed", "dead_letter", "database_unavailable"} <= {
        json.loads(line)["event"] for line in log.getvalue().splitlines()
    }
    assert MARKER not in reasons
    assert MARKER not in log.getvalue()


async def break_constraints(runtime: Runtime, table: Table, row: dict[str, Any]) -> None:
    """Have a job and a reaction write the row a second time, and without a value that it needs."""
    required = [column.key for column in table.columns if not column.nullable and column.key in row]
    for values in (row, row | {required[-1]: None}):

        async def write(work: UnitOfWork, _: object, values: dict[str, Any] = values) -> None:
            await work.session.execute(insert(table).values(**values))

        await JobBatch(runtime, table.name, write).run_now([new_id()])
        event = NoteWritten(note_id=new_id(), text=MARKER)
        inbox = Inbox(runtime.name, runtime.tables, {NoteWritten: Reaction("write", write)})
        await EventProcessor(runtime, inbox).process_event(build_envelope(event))


def build_envelope(event: NoteWritten) -> Envelope:
    return Envelope(
        id=new_id(),
        source="notes",
        type=event.ce_type(),
        subject=str(event.note_id),
        version=1,
        oldest=1,
        time=datetime.now(UTC),
        correlation="test",
        causation=None,
        data=event.model_dump_json(),
    )


async def wait_for_locks(
    service: ServiceUnderTest, admin: asyncpg.Connection, tables: Sequence[Table], headers: dict[str, str]
) -> None:
    """Have jobs and requests wait for tables that another transaction has locked, until they give up."""
    async with admin.transaction():
        for table in tables:
            await admin.execute(f'LOCK TABLE {table.schema}."{table.name}" IN ACCESS EXCLUSIVE MODE')
            text_columns = [column for column in table.columns if type(column.type) is Text]

            async def read(runtime: Runtime, columns: Sequence[Column[Any]] = text_columns) -> None:
                async with runtime.begin() as work:
                    await work.session.execute(select(*columns).where(columns[0] == MARKER))

            if text_columns:
                await periodic_jobs.JobRunner(service.runtime, PeriodicJob(table.name, timedelta(1), read)).run()
        paths = service.client._transport.app.openapi()["paths"]  # noqa: SLF001
        for path in paths:
            url = "http://127.0.0.1:8000" + path.replace("{", MARKER).replace("}", "")
            for method in ({"post"} if "{" in path else {"get", "post"}) & paths[path].keys():
                key = {"Idempotency-Key": f"{MARKER} {path}"}
                body = {"name": MARKER} if method == "post" else None
                for parameters in ({}, {"q": MARKER}):  # an unknown one is refused before the database is asked
                    await service.client.request(method, url, json=body, params=parameters, headers=headers | key)
