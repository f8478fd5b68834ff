"""Tells when an error budget begins to be spent too fast, and when it no longer is: once each, for every rule."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select

from common.service import Duty, Runtime
from common.setbacks import Chore
from common.work import Work
from published.sla import ErrorBudgetBurning, ErrorBudgetRecovered
from sla.agreements.model import Agreement
from sla.agreements.objectives import Objective
from sla.agreements.states import AgreementState
from sla.agreements.store import schedules
from sla.compliance import store
from sla.compliance.burning import LONGEST, Burn, burns
from sla.compliance.issuing import Reviewed
from sla.compliance.model import BudgetAlert
from sla.compliance.outlook import Open, whole_of
from sla.compliance.settings import StatementSettings
from sla.exclusions import store as exclusions
from sla.issues import concerns
from sla.issues import store as issues
from sla.issues.settings import IssueSettings
from sla.issues.triage import Concern, ConcernKind

NAME = "watch-error-budgets"
URGENT, PRESSING = 3, 2
"""Of what burns within the hour, and of what burns slower."""
FAST = timedelta(hours=1)


class Place(NamedTuple):
    objective_id: UUID
    rule: str


class Fire(NamedTuple):
    objective: Objective
    burn: Burn


def duty(settings: StatementSettings) -> Duty:
    async def run(runtime: Runtime) -> None:
        async with runtime.begin() as work:
            watched = await _watched(work)
        await Chore(runtime, NAME, watch, at_once=settings.at_once).each(watched)

    return Duty(NAME, settings.every, run)


async def watch(work: Work, agreement_ids: Sequence[UUID]) -> None:
    reviewed = await _reviewed(work, agreement_ids)
    fires = {agreement_id: fire async for agreement_id, fire in _fires(work, reviewed)}
    for agreement_id, alerts in (await _alerts(work, agreement_ids)).items():
        burning = fires.get(agreement_id, {})
        for place, fire in burning.items():
            if place not in alerts:
                await _begin(work, reviewed[agreement_id], fire)
        for place, alert in alerts.items():
            if place not in burning:
                await _recover(work, alert, {objective_id for objective_id, _ in burning})


async def _reviewed(work: Work, agreement_ids: Sequence[UUID]) -> dict[UUID, Reviewed]:
    """What is promised today; nothing by agreements that are not active."""
    query = select(Agreement.id).where(Agreement.id.in_(agreement_ids), Agreement.state == AgreementState.ACTIVE)
    active = (await work.session.scalars(query.order_by(Agreement.id))).all()
    parties, promised = await store.parties(work, active), await schedules(work, active)
    found: dict[UUID, Reviewed] = {}
    for agreement_id in active:
        course = promised[agreement_id]
        period = course.period_of(course.local_day(work.now)) if course.bindings else None
        if period is not None:
            found[agreement_id] = Reviewed(parties[agreement_id], *period)
    return found


async def _fires(work: Work, reviewed: Mapping[UUID, Reviewed]) -> AsyncIterator[tuple[UUID, dict[Place, Fire]]]:
    """Of each agreement the rules that fire, by objective."""
    until = work.now.replace(second=0, microsecond=0)
    since = until - LONGEST
    known = await store.measured(work, [one.binding.terms for one in reviewed.values()], since, until)
    excluded = await exclusions.perhaps_excluded(work, reviewed.keys(), since, until)
    for agreement_id, one in reviewed.items():
        terms, evidence = one.binding.terms, known
        if agreement_id in excluded:
            evidence = await store.with_exclusions(work, agreement_id, terms, known, since, until)
        period = Open(terms, one.period.start, until, one.period.end, one.days)
        yield (
            agreement_id,
            {
                Place(objective.id, burn.rule.name): Fire(objective, burn)
                for objective in terms.objectives
                for burn in burns(objective, terms, until, whole_of(objective, period).length, evidence)
                if burn.firing
            },
        )


async def _begin(work: Work, reviewed: Reviewed, fire: Fire) -> None:
    parties, objective, burn = reviewed.parties, fire.objective, fire.burn
    work.add(
        BudgetAlert(agreement_id=parties.agreement_id, objective_id=objective.id, rule=burn.rule.name, since=work.now)
    )
    work.emit(
        ErrorBudgetBurning(
            agreement_id=parties.agreement_id,
            customer_id=parties.customer_id,
            objective_id=objective.id,
            objective_name=objective.name,
            rule=burn.rule.name,
            burn_rate=burn.shown_rate,
            threshold=burn.shown_threshold,
            period_from=reviewed.period.start,
            period_to=reviewed.period.end,
            since=work.now,
        )
    )
    if IssueSettings().from_burning:
        await concerns.open_for_concern(work, _concern(reviewed, fire))


async def _recover(work: Work, alert: BudgetAlert, still_burning: set[UUID]) -> None:
    await work.session.delete(alert)
    work.emit(
        ErrorBudgetRecovered(
            agreement_id=alert.agreement_id,
            customer_id=await _customer_of(work, alert.agreement_id),
            objective_id=alert.objective_id,
            rule=alert.rule,
            since=alert.since,
            recovered_at=work.now,
        )
    )
    if alert.objective_id in still_burning:
        return
    for concern in await issues.concerns(work, ConcernKind.BURNING):
        if (concern.agreement_id, concern.about) == (alert.agreement_id, alert.objective_id):
            await concerns.end(work, concern)


def _concern(reviewed: Reviewed, fire: Fire) -> Concern:
    parties, burn = reviewed.parties, fire.burn
    weights = sum((one.weight for one in reviewed.binding.terms.objectives), Decimal(0))
    return Concern(
        kind=ConcernKind.BURNING,
        agreement_id=parties.agreement_id,
        customer_id=parties.customer_id,
        service_id=parties.service_id,
        service_name=parties.service_name,
        about=fire.objective.id,
        name=fire.objective.name,
        weight_share=round(100 * fire.objective.weight / weights, 2),
        urgency=URGENT if burn.rule.lookback <= FAST else PRESSING,
        because=f"the error budget is spent {burn.shown_rate} times too fast over {burn.rule.name}",
    )


async def _alerts(work: Work, agreement_ids: Sequence[UUID]) -> dict[UUID, dict[Place, BudgetAlert]]:
    """What was told, of every agreement."""
    found: dict[UUID, dict[Place, BudgetAlert]] = {agreement_id: {} for agreement_id in agreement_ids}
    query = select(BudgetAlert).where(BudgetAlert.agreement_id.in_(agreement_ids))
    for one in await work.session.scalars(query):
        found[one.agreement_id][Place(one.objective_id, one.rule)] = one
    return found


async def _watched(work: Work) -> Sequence[UUID]:
    """Agreements in force, and those of which something was told to burn."""
    alerted = select(BudgetAlert.agreement_id)
    query = select(Agreement.id).where(or_(Agreement.state == AgreementState.ACTIVE, Agreement.id.in_(alerted)))
    return (await work.session.scalars(query.order_by(Agreement.id))).all()


async def _customer_of(work: Work, agreement_id: UUID) -> UUID:
    query = select(Agreement.customer_id).where(Agreement.id == agreement_id)
    return (await work.session.scalars(query)).one()
