"""Issues for what may become a breach, where an installation wants them: seen early, and gone when it is over."""

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from common.service import Duty, Runtime
from common.work import Work
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.states import AgreementState, Stage
from sla.agreements.store import Promise, promise_on
from sla.indicators.model import Indicator, IndicatorActivity
from sla.issues import store
from sla.issues.actions import let_go, opened, settled
from sla.issues.model import Issue
from sla.issues.parts import EntryKind, IssueConcern
from sla.issues.record import write
from sla.issues.settings import IssueSettings
from sla.issues.triage import Concern, ConcernKind

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
    issue = Issue.opened(concern, work.now, importance)
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


async def watch_silence(work: Work) -> None:
    silent = select(IndicatorActivity.indicator_id).where(IndicatorActivity.silent_since.is_not(None))
    now_silent = set(await work.session.scalars(silent))
    for concern in await store.concerns(work, ConcernKind.SILENCE):
        if concern.about not in now_silent:
            await end(work, concern)
    for indicator_id in sorted(now_silent):
        for promise in await _measured_by(work, indicator_id):
            await open_for_concern(work, await _silence(work, promise, indicator_id))


def duty(settings: IssueSettings) -> Duty:
    async def run(runtime: Runtime) -> None:
        if settings.from_silence:
            async with runtime.begin() as work:
                await watch_silence(work)

    return Duty("issues-from-silence", settings.watch_every, run)


async def _known(work: Work, concern: Concern) -> bool:
    query = select(IssueConcern.id).where(
        IssueConcern.agreement_id == concern.agreement_id,
        IssueConcern.kind == concern.kind,
        IssueConcern.about == concern.about,
        IssueConcern.ended_at.is_(None),
    )
    return (await work.session.scalar(query)) is not None


async def _measured_by(work: Work, indicator_id: UUID) -> list[Promise]:
    """What is promised today of which this indicator measures something."""
    named = AgreementVersion.terms_document["objectives"].contains([{"indicator_id": str(indicator_id)}])
    query = (
        select(Agreement.id)
        .join(AgreementVersion, AgreementVersion.agreement_id == Agreement.id)
        .where(Agreement.state == AgreementState.ACTIVE, AgreementVersion.stage == Stage.SIGNED, named)
        .distinct()
    )
    found = [await promise_on(work, key, work.now.date()) for key in await work.session.scalars(query)]
    return [promise for promise in found if promise and indicator_id in promise.terms.indicator_ids]


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
