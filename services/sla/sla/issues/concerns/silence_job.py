"""A periodic job that opens issues for silent indicators, and ends their concerns when they are measured again."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from common.jobs.retries import JobBatch
from common.service import PeriodicJob, Runtime
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.states import AgreementState, NegotiationStage
from sla.agreements.store import AgreementInForce, find_agreement_in_force
from sla.indicators.model import Indicator, IndicatorActivity
from sla.issues import store
from sla.issues.children import IssueConcern
from sla.issues.concerns.actions import build_concern, end_concern, open_issue_for_concern
from sla.issues.settings import IssueSettings
from sla.issues.triage import Concern, ConcernKind

JOB_NAME = "issues-from-silence"
BATCH_SIZE = 20
SILENCE_URGENCY = 3
"""While nothing is measured, nobody knows whether the objective is met."""


def periodic_job(settings: IssueSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        if settings.from_silence:
            await open_issues_from_silence(runtime)

    return PeriodicJob(JOB_NAME, settings.watch_every, run)


async def open_issues_from_silence(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        silent_ids = await _list_silent_indicator_ids(work)
        open_concerns = await store.list_open_concerns(work, ConcernKind.SILENCE)
        over = [concern.id for concern in open_concerns if concern.about not in silent_ids]
        agreement_ids = await _list_agreement_ids_measured_by(work, silent_ids)
    await JobBatch(runtime, JOB_NAME, _end_concerns).run(over)
    await JobBatch(runtime, JOB_NAME, _open_issues, batch_size=BATCH_SIZE).run(agreement_ids)


async def _end_concerns(work: UnitOfWork, concern_ids: Sequence[UUID]) -> None:
    for concern_id in concern_ids:
        concern = await work.get(IssueConcern, concern_id, lock=True)
        if concern.ended_at is None:
            await end_concern(work, concern)


async def _open_issues(work: UnitOfWork, agreement_ids: Sequence[UUID]) -> None:
    """Open an issue for each silent indicator of these agreements."""
    silent_ids = await _list_silent_indicator_ids(work)
    for agreement_id in agreement_ids:
        agreement = await find_agreement_in_force(work, agreement_id, work.now)
        if agreement is None:
            continue
        for indicator_id in sorted(silent_ids & set(agreement.terms.indicator_ids)):
            await open_issue_for_concern(work, await _load_concern(work, agreement, indicator_id))


async def _list_silent_indicator_ids(work: UnitOfWork) -> set[UUID]:
    query = select(IndicatorActivity.indicator_id).where(IndicatorActivity.silent_since.is_not(None))
    return set(await work.session.scalars(query))


async def _list_agreement_ids_measured_by(work: UnitOfWork, indicator_ids: Collection[UUID]) -> list[UUID]:
    """List the active agreements with an objective that one of these indicators may measure."""
    agreement_ids = set[UUID]()
    for indicator_id in indicator_ids:
        objectives = AgreementVersion.terms_document["objectives"].contains([{"indicator_id": str(indicator_id)}])
        query = (
            select(Agreement.id)
            .join(AgreementVersion, AgreementVersion.agreement_id == Agreement.id)
            .where(Agreement.state == AgreementState.ACTIVE)
            .where(AgreementVersion.stage == NegotiationStage.SIGNED, objectives)
        )
        agreement_ids.update(await work.session.scalars(query))
    return sorted(agreement_ids)


async def _load_concern(work: UnitOfWork, agreement: AgreementInForce, indicator_id: UUID) -> Concern:
    indicator = await work.get(Indicator, indicator_id)
    objective_ids = {
        objective.id
        for objective in agreement.terms.objectives
        if getattr(objective, "indicator_id", None) == indicator_id
    }
    because = f"{indicator.name} is silent, so nothing is known"
    kind = ConcernKind.SILENCE
    return build_concern(agreement, kind, indicator_id, indicator.name, objective_ids, (SILENCE_URGENCY, because))
