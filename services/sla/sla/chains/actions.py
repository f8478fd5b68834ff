"""Naming what an agreement relies on, and checking whether it can be held."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from common.work import Work
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.objectives import IncidentObjective
from sla.agreements.states import AgreementKind
from sla.agreements.terms import Terms
from sla.chains import store
from sla.chains.carriers import Part
from sla.chains.feasibility import Answer, feasibility
from sla.chains.model import ChainInCircle, ChainPart, ChainTooLarge, NotUnderpinning, Underpinning
from sla.chains.reasons import Feasibility, Reason, Subject, overall
from sla.chains.views import PartView

MOST_CHECKS = 100


async def rely_on(work: Work, agreement_id: UUID, match: int, parts: Sequence[PartView]) -> Agreement:
    """Replace what the agreement relies on."""
    agreement = await agreements.agreement(work, agreement_id, match=match)
    await store.hold_chains(work)
    await _check(work, agreement_id, parts)
    for before in await store.parts(work, agreement_id):
        await work.session.delete(before)
    await work.flush()
    for place, part in enumerate(parts):
        work.add(_part(agreement_id, place, part))
    agreement.touch(work.now)
    await work.flush()
    return agreement


def _part(agreement_id: UUID, place: int, part: PartView) -> ChainPart:
    underpinnings = [Underpinning(agreement_id=one) for one in part.agreement_ids]
    return ChainPart(
        agreement_id=agreement_id, place=place, name=part.name, needed=part.needed, underpinnings=underpinnings
    )


async def _check(work: Work, agreement_id: UUID, parts: Sequence[PartView]) -> None:
    if agreement_id in await store.carried_by(work, await _underpinning(work, parts)):
        raise ChainInCircle("One of these relies on this agreement itself.", field="parts")


async def _underpinning(work: Work, parts: Sequence[PartView]) -> dict[UUID, Agreement]:
    """What carries the parts. Raise NotUnderpinning, naming the part."""
    found = await store.named(work, {one for part in parts for one in part.agreement_ids})
    for place, part in enumerate(parts):
        for one in part.agreement_ids:
            field = f"parts.{place}.agreement_ids"
            if one not in found:
                raise NotUnderpinning(f"There is no agreement {one}.", field=field)
            if found[one].kind is AgreementKind.SLA:
                raise NotUnderpinning(f"{found[one].name} is an SLA.", field=field)
    return found


async def check_agreement(work: Work, agreement_id: UUID) -> Answer:
    """Of the version with the highest number."""
    agreement = await agreements.agreement(work, agreement_id)
    version = await agreements.newest_version(work, agreement)
    parts = await _parts(work, agreement_id)
    answer = await check_terms(work, version.terms, parts)
    others = await store.others_rely_on(work, agreement)
    missing = [_missing(name, count) for name, count in others.items() if name not in {part.name for part in parts}]
    reasons = [*answer.reasons, *missing]
    return answer._replace(reasons=reasons, feasibility=overall(reasons))


async def check_version(work: Work, version: AgreementVersion) -> Answer | None:
    """By what its agreement relies on; null where that is nothing. Of a chain too large to check, nothing is known."""
    parts = await _parts(work, version.agreement_id)
    if not parts:
        return None
    try:
        return await check_terms(work, version.terms, parts)
    except ChainTooLarge as error:
        return Answer(Feasibility.UNKNOWN, [Reason(Subject.PARTS, Feasibility.UNKNOWN, error.message)], {})


async def _parts(work: Work, agreement_id: UUID) -> list[PartView]:
    return [PartView.of(part) for part in await store.parts(work, agreement_id)]


def _missing(name: str, count: int) -> Reason:
    sentence = f"This one names nobody who carries {name}, as others on the offering do ({count})."
    return Reason(Subject.PARTS, Feasibility.AT_RISK, sentence, {"agreements": str(count)})


async def check_terms(work: Work, terms: Terms, parts: Sequence[PartView]) -> Answer:
    """Calendars of a year are much to compute, so it is done beside the loop that serves other requests."""
    on_incidents = sum(isinstance(one, IncidentObjective) for one in terms.objectives)
    if sum(len(part.agreement_ids) for part in parts) * (1 + on_incidents) > MOST_CHECKS:
        raise ChainTooLarge("Name fewer agreements, or fewer objectives on incidents.", field="parts")
    named = await _underpinning(work, parts)
    carriers = {one: await store.carrier(work, agreement) for one, agreement in named.items()}
    chain = [Part(part.name, part.needed, [carriers[one] for one in part.agreement_ids]) for part in parts]
    return await asyncio.to_thread(feasibility, await agreements.evaluable(work, terms), chain)
