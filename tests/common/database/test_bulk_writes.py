"""Rows by the ten thousand: one statement, whose parameters are arrays, takes any number of them."""

from sqlalchemy import func, select

from common.database.bulk_writes import insert_rows, is_among
from common.ids import new_id
from common.testing.plugin import StartService
from sla.agreements.model import CustomerReplica

MOST_PARAMETERS = 32_767
"""Of a statement of PostgreSQL."""


async def test_more_rows_than_a_statement_has_parameters_are_written_and_found_by_one_each(
    start_service: StartService,
) -> None:
    sla = await start_service("sla")
    ids = [new_id() for _ in range(MOST_PARAMETERS + 1)]

    async with sla.begin() as work:
        await insert_rows(work.session, CustomerReplica, [{"customer_id": key, "name": str(key)} for key in ids])
        query = select(func.count()).where(is_among(CustomerReplica.customer_id, ids))
        count = await work.session.scalar(query)

    assert count == len(ids)


async def test_rows_that_exist_are_kept_where_they_are_to_be_skipped(start_service: StartService) -> None:
    sla = await start_service("sla")
    first, second = new_id(), new_id()

    async with sla.begin() as work:
        await insert_rows(work.session, CustomerReplica, [{"customer_id": first, "name": "Acme"}])
        both = [{"customer_id": key, "name": "Example"} for key in (first, second)]
        await insert_rows(work.session, CustomerReplica, both, skip_existing=True)
        rows = await work.session.execute(select(CustomerReplica.customer_id, CustomerReplica.name))

    assert dict(list(rows)) == {first: "Acme", second: "Example"}
