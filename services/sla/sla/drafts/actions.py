"""Drafting agreements and amendments, and checking their terms."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements import store
from sla.agreements.amendments import check_amendment
from sla.agreements.errors import AmendmentUnderWay
from sla.agreements.model import Agreement, AgreementVersion, build_version
from sla.agreements.states import check_negotiable
from sla.agreements.terms import Terms
from sla.drafts.credit_rules import check_credits
from sla.drafts.reference_checks import check_hours, check_references, get_published_offering
from sla.requirements.actions import check_answers


async def draft_agreement(work: UnitOfWork, agreement: Agreement, terms: Terms) -> AgreementVersion:
    await store.get_registered_customer(work, agreement.customer_id)
    await get_published_offering(work, agreement.offering_id)
    await check_draft_terms(work, agreement, 1, terms)
    return await _save(work, build_version(agreement, 1, terms, work.now))


async def draft_amendment(work: UnitOfWork, agreement_id: UUID, terms: Terms) -> AgreementVersion:
    """Draft the next version, which both sides negotiate as they did the first."""
    agreement = await store.get_agreement(work, agreement_id, lock=True)
    newest = await store.get_version(work, agreement.id)
    if newest.stage.is_open:
        raise AmendmentUnderWay(f"Version {newest.number} is {newest.stage.replace('_', ' ')}.")
    await check_draft_terms(work, agreement, newest.number + 1, terms)
    return await _save(work, build_version(agreement, newest.number + 1, terms, work.now))


async def edit_draft(work: UnitOfWork, agreement_id: UUID, match: int, terms: Terms) -> AgreementVersion:
    version = await store.get_version(work, (await store.get_agreement(work, agreement_id, match=match)).id)
    check_negotiable(version.stage)
    await check_draft_terms(work, version.agreement, version.number, terms)
    version.edit_draft(terms, work.now)
    return await _save(work, version)


async def check_draft_terms(work: UnitOfWork, agreement: Agreement, number: int, terms: Terms) -> None:
    """Check new terms that are drafted or proposed for the version with this number."""
    check_credits(terms)
    await check_usable_terms(work, agreement, number, terms)


async def check_usable_terms(work: UnitOfWork, agreement: Agreement, number: int, terms: Terms) -> None:
    """Check that what terms refer to can be used now, and that they can follow those in force."""
    await check_references(work, terms)
    await check_hours(work, terms)
    await check_answers(work, agreement.customer_id, terms)
    if number > 1:
        lifecycle = await store.load_lifecycle(work, agreement.id)
        check_amendment(agreement.state, lifecycle, agreement.review_due_at, terms)


async def _save(work: UnitOfWork, version: AgreementVersion) -> AgreementVersion:
    work.add(version)
    await work.flush()
    work.set_etag(version.agreement)
    return version
