"""Naming what an agreement relies on, and checking whether it can be held."""

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
from sla.chains.feasibility import FeasibilityResult, compute_feasibility
from sla.chains.model import ChainPart, ChainTooLarge, CircularChain, NotUnderpinning, Underpinning
from sla.chains.reasons import Feasibility, FeasibilityReason, FeasibilitySubject, overall_feasibility
from sla.chains.supporting_agreements import ServicePart
from sla.chains.views import ServicePartView

MAX_CHECKS = 100


async def replace_underpinnings(
    work: UnitOfWork, agreement_id: UUID, match: int, parts: Sequence[ServicePartView]
) -> Agreement:
    """Replace what the agreement relies on."""
    agreement = await agreements.get_agreement(work, agreement_id, match=match)
    await store.lock_chains(work)
    await _check(work, agreement_id, parts)
    for before in await store.list_parts(work, agreement_id):
        await work.session.delete(before)
    await work.flush()
    for place, part in enumerate(parts):
        work.add(_part(agreement_id, place, part))
    agreement.touch(work.now)
    await work.flush()
    return agreement


def _part(agreement_id: UUID, place: int, part: ServicePartView) -> ChainPart:
    underpinnings = [Underpinning(agreement_id=one) for one in part.agreement_ids]
    return ChainPart(
        agreement_id=agreement_id, place=place, name=part.name, needed=part.needed, underpinnings=underpinnings
    )


async def _check(work: UnitOfWork, agreement_id: UUID, parts: Sequence[ServicePartView]) -> None:
    if agreement_id in await store.list_supporting_ids(work, await _underpinning(work, parts)):
        raise CircularChain("One of these relies on this agreement itself.", field="parts")


async def _underpinning(work: UnitOfWork, parts: Sequence[ServicePartView]) -> dict[UUID, Agreement]:
    """What carries the parts. Raise NotUnderpinning, naming the part."""
    found = await store.list_agreements_by_id(work, {one for part in parts for one in part.agreement_ids})
    for place, part in enumerate(parts):
        for one in part.agreement_ids:
            field = f"parts.{place}.agreement_ids"
            if one not in found:
                raise NotUnderpinning(f"There is no agreement {one}.", field=field)
            if found[one].kind is AgreementKind.SLA:
                raise NotUnderpinning(f"{found[one].name} is an SLA.", field=field)
    return found


async def check_agreement_feasibility(work: UnitOfWork, agreement_id: UUID) -> FeasibilityResult:
    """Of the version with the highest number."""
    agreement = await agreements.get_agreement(work, agreement_id)
    version = await agreements.get_newest_version(work, agreement)
    parts = await _parts(work, agreement_id)
    answer = await check_terms_feasibility(work, version.terms, parts)
    others = await store.count_parts_named_by_others(work, agreement)
    missing = [_missing(name, count) for name, count in others.items() if name not in {part.name for part in parts}]
    reasons = [*answer.reasons, *missing]
    return answer._replace(reasons=reasons, feasibility=overall_feasibility(reasons))


async def check_version_feasibility(work: UnitOfWork, version: AgreementVersion) -> FeasibilityResult | None:
    """By what its agreement relies on; null where that is nothing. Of a chain too large to check, nothing is known."""
    parts = await _parts(work, version.agreement_id)
    if not parts:
        return None
    try:
        return await check_terms_feasibility(work, version.terms, parts)
    except ChainTooLarge as error:
        return FeasibilityResult(
            Feasibility.UNKNOWN, [FeasibilityReason(FeasibilitySubject.PARTS, Feasibility.UNKNOWN, error.message)], {}
        )


async def _parts(work: UnitOfWork, agreement_id: UUID) -> list[ServicePartView]:
    return [ServicePartView.from_entity(part) for part in await store.list_parts(work, agreement_id)]


def _missing(name: str, count: int) -> FeasibilityReason:
    sentence = f"This one names nobody who carries {name}, as others on the offering do ({count})."
    return FeasibilityReason(FeasibilitySubject.PARTS, Feasibility.AT_RISK, sentence, {"agreements": str(count)})


async def check_terms_feasibility(
    work: UnitOfWork, terms: Terms, parts: Sequence[ServicePartView]
) -> FeasibilityResult:
    """Calendars of a year are much to compute, so it is done beside the loop that serves other requests."""
    on_incidents = sum(isinstance(one, IncidentObjective) for one in terms.objectives)
    if sum(len(part.agreement_ids) for part in parts) * (1 + on_incidents) > MAX_CHECKS:
        raise ChainTooLarge("Name fewer agreements, or fewer objectives on incidents.", field="parts")
    named = await _underpinning(work, parts)
    carriers = {one: await store.load_supporting_agreement(work, agreement) for one, agreement in named.items()}
    chain = [ServicePart(part.name, part.needed, [carriers[one] for one in part.agreement_ids]) for part in parts]
    return await asyncio.to_thread(compute_feasibility, await agreements.load_terms_with_closures(work, terms), chain)
