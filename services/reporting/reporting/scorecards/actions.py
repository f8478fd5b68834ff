"""Build scorecards: of one customer with its trend, or of many customers in a line each."""

from collections.abc import Sequence
from uuid import UUID

from common.unit_of_work import UnitOfWork
from reporting.scorecards import assembly, store
from reporting.scorecards.model import CustomerReplica
from reporting.scorecards.months import Month
from reporting.scorecards.views import Scorecard, ScorecardLine

TREND_MONTHS = 12
"""The months of the trend, the period itself included."""


async def build_scorecard(work: UnitOfWork, customer_id: UUID, period: Month) -> Scorecard:
    customer = await work.get(CustomerReplica, customer_id)
    first = period.add_months(1 - TREND_MONTHS)
    facts = await store.load_facts(work.session, [customer_id], first, period)
    return assembly.assemble_scorecard(customer, period, first, facts[customer_id])


async def build_scorecard_lines(
    work: UnitOfWork, customers: Sequence[CustomerReplica], period: Month
) -> list[ScorecardLine]:
    facts = await store.load_facts(work.session, [customer.customer_id for customer in customers], period, period)
    return [assembly.assemble_line(customer, period, facts[customer.customer_id]) for customer in customers]
