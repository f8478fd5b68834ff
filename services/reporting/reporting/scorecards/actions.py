"""Drawing scorecards: of one customer with its trend, and of many in a line each."""

from collections.abc import Sequence
from uuid import UUID

from common.work import Work
from reporting.scorecards import assembly, store
from reporting.scorecards.model import Customer
from reporting.scorecards.months import Month
from reporting.scorecards.views import Scorecard, ScorecardLine

TREND = 12
"""Months, the period itself among them."""


async def draw(work: Work, customer_id: UUID, period: Month) -> Scorecard:
    customer = await work.get(Customer, customer_id)
    first = period.plus(1 - TREND)
    facts = await store.facts(work.session, [customer_id], first, period)
    return assembly.scorecard(customer, period, first, facts[customer_id])


async def draw_lines(work: Work, customers: Sequence[Customer], period: Month) -> list[ScorecardLine]:
    facts = await store.facts(work.session, [customer.customer_id for customer in customers], period, period)
    return [assembly.line(customer, period, facts[customer.customer_id]) for customer in customers]
