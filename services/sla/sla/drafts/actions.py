"""Drafting agreements and amendments, and checking their terms."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements import store
from sla.agreements.amendments import check_amendment
from sla.agreements.model import Agreement, AgreementVersion, build_version
from sla.agreements.states import AgreementState, check_negotiable
from sla.agreements.terms import Terms
from sla.drafts.credit_rules import check_credits
from sla.drafts.reference_checks import check_hours, check_references, get_published_offering
from sla.drafts.views import NewAgreement, NewCopy
from sla.requirements.actions import check_answers
from sla.templates import store as templates
from sla.templates.open_terms import complete_terms, open_terms


async def draft(work: UnitOfWork, request: NewAgreement) -> AgreementVersion:
    """Draft on the terms of the request, or on those of a template that it fills in."""
    agreement = request.to_agreement()
    if request.template_id is None:
        if request.terms is None:
            raise AssertionError("the view rejects requests without terms and template")
        return await draft_agreement(work, agreement, request.terms)
    template = await templates.get_template(work, request.template_id)
    template.check_published()
    terms = complete_terms(template.newest.terms, request.fill_in, "fill_in")
    agreement.template_id, agreement.template_version = template.id, template.newest.number
    return await draft_agreement(work, agreement, terms)


async def copy_agreement(work: UnitOfWork, agreement_id: UUID, request: NewCopy) -> AgreementVersion:
    """Draft an agreement on the terms in force of another or, before there are any, on those being negotiated."""
    source = await store.get_agreement(work, agreement_id)
    version = await store.get_version(work, source.id, source.in_force)
    terms = complete_terms(open_terms(version.terms_document), request.fill_in, "fill_in")
    agreement = Agreement(
        state=AgreementState.DRAFT,
        kind=source.kind,
        customer_id=request.customer_id or source.customer_id,
        offering_id=request.offering_id or source.offering_id,
        supplier=request.supplier or source.supplier,
    )
    return await draft_agreement(work, agreement, terms)


async def draft_agreement(work: UnitOfWork, agreement: Agreement, terms: Terms) -> AgreementVersion:
    await store.get_registered_customer(work, agreement.customer_id)
    await get_published_offering(work, agreement.offering_id)
    await check_draft_terms(work, agreement, 1, terms)
    return await _save(work, build_version(agreement, 1, terms, work.now))


async def draft_amendment(work: UnitOfWork, agreement_id: UUID, terms: Terms) -> AgreementVersion:
    """Draft the next version, which both sides negotiate as they did the first."""
    agreement = await store.get_agreement(work, agreement_id, lock=True)
    newest = await store.get_version(work, agreement.id)
    newest.check_negotiated()
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
