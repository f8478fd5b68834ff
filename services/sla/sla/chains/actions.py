"""Naming what an agreement relies on, and checking whether that can hold what the agreement promises."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.objectives import IncidentObjective
from sla.agreements.states import AgreementKind
from sla.chains import store
from sla.chains.errors import CircularChain, NotUnderpinning
from sla.chains.feasibility import compute_feasibility, unknown_feasibility
from sla.chains.feasibility_reasons import FeasibilityResult
from sla.chains.model import ChainPart, Underpinning
from sla.chains.supporting_agreements import ServicePart
from sla.chains.views import ServicePartView

MAX_CHECKS = 100
"""How many supporting agreements times objectives on incidents, plus one, are checked at most."""


async def replace_underpinnings(
    work: UnitOfWork, agreement_id: UUID, match: int, parts: Sequence[ServicePartView]
) -> Agreement:
    """Replace what the agreement relies on."""
    agreement = await agreements.get_agreement(work, agreement_id, match=match)
    await store.lock_chains(work)
    supporting = await store.list_agreements_by_id(work, {key for part in parts for key in part.agreement_ids})
    _check_kinds(parts, supporting)
    if agreement_id in await store.list_supporting_ids(work, supporting):
        raise CircularChain("One of these agreements relies on this one itself.", field="parts")
    for old_part in await store.list_parts(work, agreement_id):
        await work.session.delete(old_part)
    await work.flush()
    for place, part in enumerate(parts):
        underpinnings = [Underpinning(agreement_id=supporting_id) for supporting_id in part.agreement_ids]
        fields = part.model_dump(include={"name", "needed"})
        work.add(ChainPart(agreement_id=agreement_id, place=place, underpinnings=underpinnings, **fields))
    agreement.touch(work.now)
    await work.flush()
    return agreement


def _check_kinds(parts: Sequence[ServicePartView], supporting: Mapping[UUID, Agreement]) -> None:
    """Check that the agreements that the parts name exist and can support others."""
    for place, part in enumerate(parts):
        field = f"parts.{place}.agreement_ids"
        for supporting_id in part.agreement_ids:
            if supporting_id not in supporting:
                raise NotUnderpinning(f"There is no agreement {supporting_id}.", field=field)
            if supporting[supporting_id].kind is AgreementKind.SLA:
                raise NotUnderpinning(f"{supporting[supporting_id].name} is an SLA.", field=field)


async def check_agreement_feasibility(work: UnitOfWork, agreement_id: UUID) -> FeasibilityResult:
    """Check the version with the highest number."""
    agreement = await agreements.get_agreement(work, agreement_id)
    result = await check_version_feasibility(work, await agreements.get_version(work, agreement.id))
    return result or unknown_feasibility("This agreement names no supporting agreements.")


async def check_version_feasibility(work: UnitOfWork, version: AgreementVersion) -> FeasibilityResult | None:
    """Check a version by what its agreement relies on, in a thread, since calendars of years take long to compute.

    None when it names nothing.
    """
    parts = await store.list_parts(work, version.agreement_id)
    supporting_ids = [key for part in parts for key in part.agreement_ids]
    if not supporting_ids:
        return None
    incident_objectives = sum(isinstance(objective, IncidentObjective) for objective in version.terms.objectives)
    if len(supporting_ids) * (1 + incident_objectives) > MAX_CHECKS:
        return unknown_feasibility("Name fewer supporting agreements, or fewer objectives on incidents.")
    supporting = await store.load_supporting_agreements(work, supporting_ids)
    chain = [ServicePart(part.name, part.needed, [supporting[key] for key in part.agreement_ids]) for part in parts]
    terms = await agreements.load_terms_with_closures(work, version.terms)
    return await asyncio.to_thread(compute_feasibility, terms, chain)
