"""A periodic job that opens issues for silent indicators, and ends their concerns when they are measured again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import String, cast, func, select

from common.jobs.due_rows import batch_job
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.states import AgreementState, NegotiationStage
from sla.agreements.store import AgreementInForce, find_agreement_in_force
from sla.indicators.model import Indicator, IndicatorActivity
from sla.issues import store
from sla.issues.opening.concerns import end_concern, open_issue_for_concern
from sla.issues.origins import Concern, ConcernKind
from sla.issues.settings import IssueSettings

SILENCE_URGENCY = 3
"""While nothing is measured, nobody knows whether the objective is met."""


def periodic_job(settings: IssueSettings) -> PeriodicJob:
    async def list_due(work: UnitOfWork) -> set[UUID]:
        return await _list_agreement_ids(work) if settings.from_silence else set()

    return batch_job("issues-from-silence", settings.watch_every, list_due, update_concerns_of_silence)


async def update_concerns_of_silence(work: UnitOfWork, agreement_ids: Sequence[UUID]) -> None:
    """End the concerns of indicators that are measured again, and open issues for those that are silent."""
    query = select(IndicatorActivity.indicator_id).where(IndicatorActivity.silent_since.is_not(None))
    silent_ids = set(await work.session.scalars(query))
    for agreement_id in agreement_ids:
        for concern in await store.list_open_concerns(work, ConcernKind.SILENCE, agreement_id=agreement_id):
            if concern.about not in silent_ids:
                await end_concern(work, concern)
        agreement = await find_agreement_in_force(work, agreement_id, work.now)
        if agreement is not None:
            for indicator_id in sorted(silent_ids & agreement.terms.indicator_ids):
                await open_issue_for_concern(work, await _load_concern(work, agreement, indicator_id))


async def _list_agreement_ids(work: UnitOfWork) -> set[UUID]:
    """List the active agreements that a silent indicator may measure, and those with a concern because one did."""
    objective = func.jsonb_build_object("indicator_id", cast(IndicatorActivity.indicator_id, String))
    is_measured = AgreementVersion.terms_document["objectives"].contains(func.jsonb_build_array(objective))
    query = (
        select(Agreement.id)
        .join(AgreementVersion, AgreementVersion.agreement_id == Agreement.id)
        .join(IndicatorActivity, is_measured)
        .where(Agreement.state == AgreementState.ACTIVE, AgreementVersion.stage == NegotiationStage.SIGNED)
        .where(IndicatorActivity.silent_since.is_not(None))
    )
    concerns = await store.list_open_concerns(work, ConcernKind.SILENCE)
    return set(await work.session.scalars(query)) | {concern.agreement_id for concern in concerns}


async def _load_concern(work: UnitOfWork, agreement: AgreementInForce, indicator_id: UUID) -> Concern:
    indicator = await work.get(Indicator, indicator_id)
    terms = agreement.terms
    ids = [objective.id for objective in terms.objectives if getattr(objective, "indicator_id", None) == indicator_id]
    return Concern.from_entity(
        agreement,
        kind=ConcernKind.SILENCE,
        about=indicator_id,
        name=indicator.name,
        weight_share=terms.compute_weight_share(*ids),
        urgency=SILENCE_URGENCY,
        because=f"{indicator.name} is silent, so nothing is known",
    )
