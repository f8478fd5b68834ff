"""Issues for what may become a breach, where an installation wants them: seen early, and gone when it is over."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from common.service import Duty, Runtime
from common.setbacks import Chore
from common.work import Work
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.states import AgreementState, Stage
from sla.agreements.store import Promise, promise_at, timezone
from sla.indicators.model import Indicator, IndicatorActivity
from sla.issues import store
from sla.issues.actions import let_go, opened, settled
from sla.issues.model import Issue
from sla.issues.parts import EntryKind, IssueConcern
from sla.issues.record import write
from sla.issues.settings import IssueSettings
from sla.issues.triage import Concern, ConcernKind

NAME = "issues-from-silence"
AT_ONCE = 20
URGENT = 3
"""Of silence: while nothing is measured, nothing is known to be kept."""


async def open_for_concern(work: Work, concern: Concern) -> Issue | None:
    """The issue that takes it up; None if it is known already."""
    await store.hold_customer(work, concern.customer_id)
    if await _known(work, concern):
        return None
    importance = await store.importance(work, concern.customer_id)
    issue = await store.worried(work, concern)
    if issue is not None:
        issue.worry(concern, work.now, importance)
        write(work, issue, EntryKind.BREACH_ADDED, f"{concern.name}: {concern.because}.")
        return await settled(work, issue)
    issue = Issue.opened(concern, await timezone(work, concern.agreement_id), work.now, importance)
    work.add(issue)
    await settled(work, issue)
    write(work, issue, EntryKind.OPENED, f"{concern.name}: {concern.because}.")
    work.emit(opened(issue))
    return issue


async def end(work: Work, concern: IssueConcern) -> None:
    """It is over; an issue of which nothing else is left closes itself."""
    issue = await store.issue(work, concern.issue_id, lock=True)
    concern.ended_at = work.now
    write(work, issue, EntryKind.CONCERN_ENDED, f"{concern.name}: no {concern.kind} any more.")
    issue.triage(await store.importance(work, issue.customer_id))
    await let_go(work, issue)


async def watch_silence(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        silent = await _silent(work)
        known = await store.concerns(work, ConcernKind.SILENCE)
        over = [concern.id for concern in known if concern.about not in silent]
        concerned = await _measured_by(work, silent)
    await Chore(runtime, NAME, _end_all).each(over)
    await Chore(runtime, NAME, _worry, at_once=AT_ONCE).each(concerned)


def duty(settings: IssueSettings) -> Duty:
    async def run(runtime: Runtime) -> None:
        if settings.from_silence:
            await watch_silence(runtime)

    return Duty(NAME, settings.watch_every, run)


async def _end_all(work: Work, concern_ids: Sequence[UUID]) -> None:
    for concern_id in concern_ids:
        concern = await work.get(IssueConcern, concern_id, lock=True)
        if concern.ended_at is None:
            await end(work, concern)


async def _worry(work: Work, agreement_ids: Sequence[UUID]) -> None:
    """About every indicator of these agreements that is silent."""
    silent = await _silent(work)
    for agreement_id in agreement_ids:
        promise = await promise_at(work, agreement_id, work.now)
        if promise is None:
            continue
        for indicator_id in sorted(silent & set(promise.terms.indicator_ids)):
            await open_for_concern(work, await _silence(work, promise, indicator_id))


async def _silent(work: Work) -> set[UUID]:
    query = select(IndicatorActivity.indicator_id).where(IndicatorActivity.silent_since.is_not(None))
    return set(await work.session.scalars(query))


async def _known(work: Work, concern: Concern) -> bool:
    query = select(IssueConcern.id).where(
        IssueConcern.agreement_id == concern.agreement_id,
        IssueConcern.kind == concern.kind,
        IssueConcern.about == concern.about,
        IssueConcern.ended_at.is_(None),
    )
    return (await work.session.scalar(query)) is not None


async def _measured_by(work: Work, indicator_ids: Collection[UUID]) -> list[UUID]:
    """Agreements in force of which one of these indicators may measure something."""
    found = set[UUID]()
    for indicator_id in indicator_ids:
        named = AgreementVersion.terms_document["objectives"].contains([{"indicator_id": str(indicator_id)}])
        query = (
            select(Agreement.id)
            .join(AgreementVersion, AgreementVersion.agreement_id == Agreement.id)
            .where(Agreement.state == AgreementState.ACTIVE, AgreementVersion.stage == Stage.SIGNED, named)
        )
        found.update(await work.session.scalars(query))
    return sorted(found)


async def _silence(work: Work, promise: Promise, indicator_id: UUID) -> Concern:
    indicator = await work.get(Indicator, indicator_id)
    silent = {one.id for one in promise.terms.objectives if getattr(one, "indicator_id", None) == indicator_id}
    because = f"{indicator.name} is silent, so nothing is known"
    return concern_of(promise, ConcernKind.SILENCE, indicator_id, indicator.name, silent, (URGENT, because))


def concern_of(
    promise: Promise,
    kind: ConcernKind,
    about: UUID,
    name: str,
    objective_ids: Collection[UUID],
    pressing: tuple[int, str],
) -> Concern:
    """`pressing`: how urgent, from 1 to 3, and why."""
    objectives = promise.terms.objectives
    weights = [one.weight for one in objectives if one.id in objective_ids]
    share = 100 * sum(weights, Decimal(0)) / sum((one.weight for one in objectives), Decimal(0))
    return Concern(
        kind=kind,
        agreement_id=promise.agreement_id,
        customer_id=promise.customer_id,
        service_id=promise.service_id,
        service_name=promise.service_name,
        about=about,
        name=name,
        weight_share=round(share, 2),
        urgency=pressing[0],
        because=pressing[1],
    )
