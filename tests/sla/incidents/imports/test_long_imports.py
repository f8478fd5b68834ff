"""Long files: they are imported in batches, and one that takes longer than a request may leaves nothing behind."""

import asyncio

import pytest

from common.http.deadline import AnswerTime
from common.testing.plugin import ServiceUnderTest
from sla.incidents.imports.actions import import_incidents
from sla.incidents.imports.csv_table import read_csv
from sla.incidents.imports.errors import ImportTakesTooLong
from sla.incidents.imports.views import ImportOptions
from tests.sla.conftest import SlaClient
from tests.sla.incidents.imports.test_imports_api import CSV

LINES = 1200
MOST_STATEMENTS = 60


def file_of(sla_client: SlaClient, count: int) -> bytes:
    rows = [f"INC{number},3,{sla_client.customer_id},Web shop,2026-02-03 09:15\n" for number in range(count)]
    return ("Number,Priority,Customer,Service,Opened\n" + "".join(rows)).encode()


async def test_a_file_of_several_batches_is_imported_once_and_with_few_statements(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    content, params = file_of(sla_client, LINES), {"source": "desk", "zone": "UTC"}

    with sla.record_queries() as queries:
        first, again = [
            (
                await sla.client.post(
                    "/incidents/imports", params=params, content=content, headers=sla_client.manager | CSV
                )
            ).json()
            for _ in range(2)
        ]

    assert (first["accepted"], first["repeated"], first["incidents"]) == (LINES, 0, LINES)
    assert (again["accepted"], again["repeated"], again["incidents"]) == (0, LINES, LINES)
    assert len(queries) < 2 * MOST_STATEMENTS


async def test_a_file_that_takes_too_long_is_refused_in_time_and_nothing_of_it_is_stored(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    table = read_csv(file_of(sla_client, LINES), None, None)
    now = asyncio.get_running_loop().time()

    with pytest.raises(ImportTakesTooLong) as refusal:
        async with sla.begin() as work:
            await import_incidents(work, table, ImportOptions(source="desk", zone="UTC"), AnswerTime(now - 25, now + 5))

    assert "Nothing is stored: split the file into parts of at most" in refusal.value.message
    assert refusal.value.status == 413
    listed = await sla.client.get("/incidents", headers=sla_client.manager)
    assert listed.json()["items"] == []
