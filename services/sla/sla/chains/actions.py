"""Naming what an agreement relies on, and checking whether that can hold what the agreement promises."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.objectives import IncidentObjective
from sla.agreements.states import AgreementKind
from sla.agreements.terms import Terms
from sla.chains import store
from sla.chains.errors import ChainTooLarge, CircularChain, NotUnderpinning
from sla.chains.feasibility import FeasibilityResult, compute_feasibility
from sla.chains.feasibility_reasons import Feasibility, FeasibilityReason, FeasibilitySubject, overall_feasibility
from sla.chains.model import ChainPart, Underpinning
from sla.chains.supporting_agreements import ServicePart
from sla.chains.views import ServicePartView

MAX_CHECKS = 100


async def replace_underpinnings(
    work: UnitOfWork, agreement_id: UUID, match: int, parts: Sequence[ServicePartView]
) -> Agreement:
    """Replace what the agreement relies on."""
    agreement = await agreements.get_agreement(work, agreement_id, match=match)
    await store.lock_chains(work)
    await _check_parts(work, agreement_id, parts)
    for old_part in await store.list_parts(work, agreement_id):
        await work.session.delete(old_part)
    await work.flush()
    for place, part in enumerate(parts):
        underpinnings = [Underpinning(agreement_id=supporting_id) for supporting_id in part.agreement_ids]
        work.add(
            ChainPart(
                agreement_id=agreement_id, place=place, name=part.name, needed=part.needed, underpinnings=underpinnings
            )
        )
    agreement.touch(work.now)
    await work.flush()
    return agreement


async def _check_parts(work: UnitOfWork, agreement_id: UUID, parts: Sequence[ServicePartView]) -> None:
    if agreement_id in await store.list_supporting_ids(work, await _load_underpinnings(work, parts)):
        raise CircularChain("One of these agreements relies on this one itself.", field="parts")


async def _load_underpinnings(work: UnitOfWork, parts: Sequence[ServicePartView]) -> dict[UUID, Agreement]:
    """Load the agreements that the parts name, and check that they can support others."""
    supporting = await store.list_agreements_by_id(work, {key for part in parts for key in part.agreement_ids})
    for place, part in enumerate(parts):
        field = f"parts.{place}.agreement_ids"
        for supporting_id in part.agreement_ids:
            if supporting_id not in supporting:
                raise NotUnderpinning(f"There is no agreement {supporting_id}.", field=field)
            if supporting[supporting_id].kind is AgreementKind.SLA:
                raise NotUnderpinning(f"{supporting[supporting_id].name} is an SLA.", field=field)
    return supporting


async def check_agreement_feasibility(work: UnitOfWork, agreement_id: UUID) -> FeasibilityResult:
    """Check the version with the highest number."""
    agreement = await agreements.get_agreement(work, agreement_id)
    version = await agreements.get_newest_version(work, agreement)
    parts = await _load_parts(work, agreement_id)
    result = await check_terms_feasibility(work, version.terms, parts)
    own_names = {part.name for part in parts}
    named_by_others = await store.count_parts_named_by_others(work, agreement)
    missing = [_missing_part(name, count) for name, count in named_by_others.items() if name not in own_names]
    reasons = [*result.reasons, *missing]
    return result._replace(reasons=reasons, feasibility=overall_feasibility(reasons))


async def check_version_feasibility(work: UnitOfWork, version: AgreementVersion) -> FeasibilityResult | None:
    """Check a version by what its agreement relies on: None without any, unknown when the chain is too large."""
    parts = await _load_parts(work, version.agreement_id)
    if not parts:
        return None
    try:
        return await check_terms_feasibility(work, version.terms, parts)
    except ChainTooLarge as error:
        reason = FeasibilityReason(FeasibilitySubject.PARTS, Feasibility.UNKNOWN, error.message)
        return FeasibilityResult(Feasibility.UNKNOWN, [reason], {})


async def _load_parts(work: UnitOfWork, agreement_id: UUID) -> list[ServicePartView]:
    return [ServicePartView.from_part(part) for part in await store.list_parts(work, agreement_id)]


def _missing_part(name: str, count: int) -> FeasibilityReason:
    sentence = f"This agreement names no support for {name}, as other agreements on the offering do ({count})."
    return FeasibilityReason(FeasibilitySubject.PARTS, Feasibility.AT_RISK, sentence, {"agreements": str(count)})


async def check_terms_feasibility(
    work: UnitOfWork, terms: Terms, parts: Sequence[ServicePartView]
) -> FeasibilityResult:
    """Check terms in a thread, since calendars of a year take long to compute."""
    incident_objectives = sum(isinstance(objective, IncidentObjective) for objective in terms.objectives)
    if sum(len(part.agreement_ids) for part in parts) * (1 + incident_objectives) > MAX_CHECKS:
        raise ChainTooLarge("Name fewer agreements, or fewer objectives on incidents.", field="parts")
    underpinnings = await _load_underpinnings(work, parts)
    supporting = {
        key: await store.load_supporting_agreement(work, agreement) for key, agreement in underpinnings.items()
    }
    chain = [ServicePart(part.name, part.needed, [supporting[key] for key in part.agreement_ids]) for part in parts]
    return await asyncio.to_thread(compute_feasibility, await agreements.load_terms_with_closures(work, terms), chain)
