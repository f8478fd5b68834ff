"""Issues for what may become a breach, where an installation wants them: seen early, and gone when it is over."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from common.jobs.retries import JobBatch
from common.service import PeriodicJob, Runtime
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.states import AgreementState, NegotiationStage
from sla.agreements.store import AgreementInForce, find_agreement_in_force, get_timezone
from sla.indicators.model import Indicator, IndicatorActivity
from sla.issues import store
from sla.issues.actions import build_issue_opened, dismiss_if_unfounded, save_issue
from sla.issues.activity_log import add_entry
from sla.issues.children import IssueConcern, IssueEntryKind
from sla.issues.model import Issue
from sla.issues.settings import IssueSettings
from sla.issues.triage import Concern, ConcernKind

JOB_NAME = "issues-from-silence"
BATCH_SIZE = 20
SILENCE_URGENCY = 3
"""Of silence: while nothing is measured, nothing is known to be kept."""


async def open_issue_for_concern(work: UnitOfWork, concern: Concern) -> Issue | None:
    """The issue that takes it up; None if it is known already."""
    await store.lock_customer_issues(work, concern.customer_id)
    if await _known(work, concern):
        return None
    importance = await store.get_importance(work, concern.customer_id)
    issue = await store.lock_unsolved_issue_of_service(work, concern)
    if issue is not None:
        issue.add_concern(concern, work.now, importance)
        add_entry(work, issue, IssueEntryKind.BREACH_ADDED, f"{concern.name}: {concern.because}.")
        return await save_issue(work, issue)
    issue = Issue.from_origin(concern, await get_timezone(work, concern.agreement_id), work.now, importance)
    work.add(issue)
    await save_issue(work, issue)
    add_entry(work, issue, IssueEntryKind.OPENED, f"{concern.name}: {concern.because}.")
    work.emit(build_issue_opened(issue))
    return issue


async def end_concern(work: UnitOfWork, concern: IssueConcern) -> None:
    """It is over; an issue of which nothing else is left closes itself."""
    issue = await store.get_issue(work, concern.issue_id, lock=True)
    concern.ended_at = work.now
    add_entry(work, issue, IssueEntryKind.CONCERN_ENDED, f"{concern.name}: no {concern.kind} any more.")
    issue.triage(await store.get_importance(work, issue.customer_id))
    await dismiss_if_unfounded(work, issue)


async def open_issues_from_silence(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        silent = await _silent(work)
        known = await store.list_open_concerns(work, ConcernKind.SILENCE)
        over = [concern.id for concern in known if concern.about not in silent]
        concerned = await _measured_by(work, silent)
    await JobBatch(runtime, JOB_NAME, _end_all).run(over)
    await JobBatch(runtime, JOB_NAME, _worry, batch_size=BATCH_SIZE).run(concerned)


def periodic_job(settings: IssueSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        if settings.from_silence:
            await open_issues_from_silence(runtime)

    return PeriodicJob(JOB_NAME, settings.watch_every, run)


async def _end_all(work: UnitOfWork, concern_ids: Sequence[UUID]) -> None:
    for concern_id in concern_ids:
        concern = await work.get(IssueConcern, concern_id, lock=True)
        if concern.ended_at is None:
            await end_concern(work, concern)


async def _worry(work: UnitOfWork, agreement_ids: Sequence[UUID]) -> None:
    """About every indicator of these agreements that is silent."""
    silent = await _silent(work)
    for agreement_id in agreement_ids:
        promise = await find_agreement_in_force(work, agreement_id, work.now)
        if promise is None:
            continue
        for indicator_id in sorted(silent & set(promise.terms.indicator_ids)):
            await open_issue_for_concern(work, await _silence(work, promise, indicator_id))


async def _silent(work: UnitOfWork) -> set[UUID]:
    query = select(IndicatorActivity.indicator_id).where(IndicatorActivity.silent_since.is_not(None))
    return set(await work.session.scalars(query))


async def _known(work: UnitOfWork, concern: Concern) -> bool:
    query = select(IssueConcern.id).where(
        IssueConcern.agreement_id == concern.agreement_id,
        IssueConcern.kind == concern.kind,
        IssueConcern.about == concern.about,
        IssueConcern.ended_at.is_(None),
    )
    return (await work.session.scalar(query)) is not None


async def _measured_by(work: UnitOfWork, indicator_ids: Collection[UUID]) -> list[UUID]:
    """Agreements in force of which one of these indicators may measure something."""
    found = set[UUID]()
    for indicator_id in indicator_ids:
        named = AgreementVersion.terms_document["objectives"].contains([{"indicator_id": str(indicator_id)}])
        query = (
            select(Agreement.id)
            .join(AgreementVersion, AgreementVersion.agreement_id == Agreement.id)
            .where(Agreement.state == AgreementState.ACTIVE, AgreementVersion.stage == NegotiationStage.SIGNED, named)
        )
        found.update(await work.session.scalars(query))
    return sorted(found)


async def _silence(work: UnitOfWork, promise: AgreementInForce, indicator_id: UUID) -> Concern:
    indicator = await work.get(Indicator, indicator_id)
    silent = {one.id for one in promise.terms.objectives if getattr(one, "indicator_id", None) == indicator_id}
    because = f"{indicator.name} is silent, so nothing is known"
    return build_concern(promise, ConcernKind.SILENCE, indicator_id, indicator.name, silent, (SILENCE_URGENCY, because))


def build_concern(
    promise: AgreementInForce,
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
