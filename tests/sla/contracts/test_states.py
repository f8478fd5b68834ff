"""The state of a contract on a day: the entity and the query that filters by it say the same."""

from datetime import UTC, date, datetime
from itertools import product

from sqlalchemy import select

from common.testing.plugin import ServiceUnderTest
from sla.agreements.states import Side
from sla.contracts import store
from sla.contracts.model import Contract, ContractState
from tests.sla.conftest import SlaClient

AT = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = [date(2026, month, 1) for month in range(1, 8)]


def contracts(sla_client: SlaClient) -> list[Contract]:
    """Signed before, on or after their first day, or not at all; ended or not, by notice or not; or withdrawn."""
    drawn = []
    dates = product((None, DAYS[1], DAYS[3]), (DAYS[2], DAYS[3]), (None, DAYS[4], DAYS[5]), (None, DAYS[3], DAYS[4]))
    for signed_on, starts_on, ends_on, notice in dates:
        if notice is not None and (ends_on is None or signed_on is None):
            continue
        drawn.append(
            Contract(
                customer_id=sla_client.customer_id,
                title="Drawn",
                starts_on=starts_on,
                signed_on=signed_on,
                ends_on=ends_on if signed_on else None,
                notice_given_on=notice,
                notice_side=Side.PROVIDER if notice else None,
                renewals_emitted=0,
                is_end_emitted=False,
                changed_at=AT,
            )
        )
    drawn.append(
        Contract(
            customer_id=sla_client.customer_id,
            title="Withdrawn",
            starts_on=DAYS[2],
            withdrawn_at=AT,
            renewals_emitted=0,
            is_end_emitted=False,
            changed_at=AT,
        )
    )
    return drawn


async def test_the_state_filter_agrees_with_the_entity_on_any_day(sla_client: SlaClient, sla: ServiceUnderTest) -> None:
    async with sla.begin() as work:
        drawn = contracts(sla_client)
        work.session.add_all(drawn)
        await work.flush()
        met = set()
        for day in DAYS:
            for state in ContractState:
                query = store.select_contracts(work, day, state=state).with_only_columns(Contract.id)
                listed = set(await work.session.scalars(query))
                assert listed == {contract.id for contract in drawn if contract.state_on(day) is state}, (day, state)
                met |= {state} if listed else set()
        assert met == set(ContractState)
        assert len(set(await work.session.scalars(select(Contract.id)))) == len(drawn)
