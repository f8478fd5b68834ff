"""Drafting agreements, beginning and ending them, and noting what of them was reviewed."""

from uuid import UUID

from common.work import Work
from published.sla import AgreementActivated, AgreementEnded
from sla.agreements import store
from sla.agreements.model import (
    Agreement,
    AgreementVersion,
    CustomerNotRegistered,
    IndicatorNotDefined,
    KnownCustomer,
    KnownOffering,
    OfferingNotAvailable,
    drafted,
)
from sla.agreements.objectives import IncidentObjective
from sla.agreements.periods import Period
from sla.agreements.terms import Terms


async def draft(work: Work, customer_id: UUID, offering_id: UUID, terms: Terms) -> AgreementVersion:
    if await work.session.get(KnownCustomer, customer_id) is None:
        raise CustomerNotRegistered(f"No customer {customer_id} is registered.", field="customer_id")
    await published_offering(work, offering_id)
    await check_indicators(work, terms)
    version = drafted(customer_id, offering_id, terms, work.now)
    work.add(version)
    await work.flush()
    return version


async def edit_draft(work: Work, agreement_id: UUID, match: int, terms: Terms) -> AgreementVersion:
    await check_indicators(work, terms)
    version = await store.newest_version(work, await store.agreement(work, agreement_id, match=match))
    version.draft(terms, work.now)
    await work.flush()
    return version


async def published_offering(work: Work, offering_id: UUID) -> KnownOffering:
    offering = await work.session.get(KnownOffering, offering_id)
    if offering is None or offering.retired_at is not None:
        raise OfferingNotAvailable(f"The catalog does not publish the offering {offering_id}.", field="offering_id")
    return offering


async def check_indicators(work: Work, terms: Terms) -> None:
    unusable = await store.unusable_indicators(work, terms.indicator_ids)
    for place, objective in enumerate(terms.objectives):
        if not isinstance(objective, IncidentObjective) and objective.indicator_id in unusable:
            raise IndicatorNotDefined(
                f"There is no indicator {objective.indicator_id} in use.",
                field=f"terms.objectives.{place}.indicator_id",
            )


def activate(work: Work, version: AgreementVersion) -> None:
    """Make it active if its first day has come."""
    agreement = version.agreement
    if agreement.activate(version.terms, work.now):
        work.emit(
            AgreementActivated(
                agreement_id=agreement.id,
                version=version.number,
                customer_id=agreement.customer_id,
                activated_at=work.now,
            )
        )


def end(work: Work, version: AgreementVersion) -> None:
    """End it if its last day is over."""
    agreement = version.agreement
    if agreement.end(version.terms, work.now):
        work.emit(AgreementEnded(agreement_id=agreement.id, customer_id=agreement.customer_id, ended_at=work.now))


async def review(work: Work, agreement_id: UUID, terms: Terms, period: Period) -> Agreement:
    """Note that the period has its statement, so that the next one is due."""
    agreement = await store.agreement(work, agreement_id, lock=True)
    agreement.reviewed(terms, period)
    return agreement
