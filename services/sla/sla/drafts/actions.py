"""Drafting agreements and amendments, and checking what their terms name."""

from uuid import UUID

from common.work import Work
from sla.agreements import actions as agreements
from sla.agreements import store
from sla.agreements.amending import AmendmentUnderWay
from sla.agreements.model import Agreement, AgreementVersion, KnownCustomer, Parties, amended, drafted
from sla.agreements.rules import CustomerNotRegistered
from sla.agreements.states import check_negotiable
from sla.agreements.terms import Terms
from sla.requirements.actions import check_answers


async def draft(work: Work, parties: Parties, terms: Terms) -> AgreementVersion:
    if await work.session.get(KnownCustomer, parties.customer_id) is None:
        raise CustomerNotRegistered(f"No customer {parties.customer_id} is registered.", field="customer_id")
    await agreements.published_offering(work, parties.offering_id)
    await _check_named(work, parties.customer_id, terms)
    version = drafted(parties, terms, work.now)
    work.add(version)
    await work.flush()
    return version


async def amend(work: Work, agreement_id: UUID, terms: Terms) -> AgreementVersion:
    """Draft the next version, which both sides negotiate as they did the first."""
    agreement = await store.agreement(work, agreement_id, lock=True)
    before = await store.newest_version(work, agreement)
    if before.stage.open:
        raise AmendmentUnderWay(f"Version {before.number} is {before.stage.replace('_', ' ')}.")
    await check_terms(work, agreement, before.number + 1, terms)
    version = amended(agreement, before.number + 1, terms, work.now)
    work.add(version)
    await work.flush()
    return version


async def edit(work: Work, agreement_id: UUID, match: int, terms: Terms) -> AgreementVersion:
    version = await store.newest_version(work, await store.agreement(work, agreement_id, match=match))
    check_negotiable(version.stage)
    await check_terms(work, version.agreement, version.number, terms)
    version.draft(terms, work.now)
    await work.flush()
    return version


async def check_terms(work: Work, agreement: Agreement, number: int, terms: Terms) -> None:
    """What terms have to keep to that are drafted or proposed for this version."""
    await _check_named(work, agreement.customer_id, terms)
    if number > 1:
        agreements.check_amends(agreement, await store.course(work, agreement.id), terms)


async def _check_named(work: Work, customer_id: UUID, terms: Terms) -> None:
    await agreements.check_references(work, terms)
    await check_answers(work, customer_id, terms)
