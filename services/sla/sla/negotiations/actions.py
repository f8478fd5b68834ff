"""The steps of a negotiation: propose, object, accept, sign, leave."""

from uuid import UUID

from common.auth import Role
from common.work import Work
from published.sla import AgreementSigned, PromisedObjective
from sla.agreements import actions as agreements
from sla.agreements.model import AgreementVersion, KnownOffering
from sla.agreements.states import Party, Side, Stage
from sla.agreements.terms import Terms
from sla.negotiations import store
from sla.negotiations.model import Negotiation, Remarks


async def propose(work: Work, agreement_id: UUID, terms: Terms | None, remarks: Remarks) -> AgreementVersion:
    negotiation = await store.negotiation(work, agreement_id, lock=True)
    if terms is not None:
        await agreements.check_indicators(work, terms)
    work.add(negotiation.propose(_party(work), terms, remarks, work.now))
    return await _taken(work, negotiation)


async def object_to(work: Work, agreement_id: UUID, remarks: Remarks) -> AgreementVersion:
    negotiation = await store.negotiation(work, agreement_id, lock=True)
    work.add(negotiation.object_to(_party(work), remarks, work.now))
    return await _taken(work, negotiation)


async def accept(work: Work, agreement_id: UUID, remarks: Remarks) -> AgreementVersion:
    negotiation = await store.negotiation(work, agreement_id, lock=True)
    work.add(negotiation.accept(_party(work), remarks, work.now))
    return await _taken(work, negotiation)


async def sign(work: Work, agreement_id: UUID, terms_sha256: str) -> AgreementVersion:
    """With the second signature the version binds; it is active at once if its first day has come."""
    negotiation = await store.negotiation(work, agreement_id, lock=True)
    version = negotiation.version
    work.add(negotiation.sign(_party(work), terms_sha256, work.now))
    offering = await agreements.published_offering(work, version.agreement.offering_id)
    if version.stage is Stage.SIGNED:
        work.emit(_signed(work, version, offering))
        agreements.activate(work, version)
    return await _taken(work, negotiation)


async def leave(work: Work, agreement_id: UUID, reason: str) -> AgreementVersion:
    negotiation = await store.negotiation(work, agreement_id, lock=True)
    work.add(negotiation.leave(_party(work), reason, work.now))
    return await _taken(work, negotiation)


def _party(work: Work) -> Party:
    side = Side.CUSTOMER if work.principal.has(Role.customer) else Side.PROVIDER
    return Party(work.principal.subject, side)


async def _taken(work: Work, negotiation: Negotiation) -> AgreementVersion:
    await work.flush()
    return negotiation.version


def _signed(work: Work, version: AgreementVersion, offering: KnownOffering) -> AgreementSigned:
    agreement, terms = version.agreement, version.terms
    return AgreementSigned(
        agreement_id=agreement.id,
        version=version.number,
        name=terms.name,
        customer_id=agreement.customer_id,
        offering_id=agreement.offering_id,
        service_name=offering.service_name,
        starts_on=terms.starts_on,
        objectives=tuple(
            PromisedObjective(objective_id=one.id, name=one.name, kind=one.kind, target=one.target)
            for one in terms.objectives
        ),
        signed_at=work.now,
    )
