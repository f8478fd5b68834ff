"""A periodic job that starts verifications after a whole period, and gives verdicts when all points have come."""

from common.jobs.due_rows import DueRows, due_rows_job
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork
from published.sla import ImprovementVerified
from sla.improvements.effect.verdict import EffectFinding, shorten
from sla.improvements.effect_analysis import load_effect_analysis
from sla.improvements.model import Improvement
from sla.improvements.settings import ImprovementSettings
from sla.improvements.states import ImprovementState
from sla.improvements.store import WITH_CHILDREN

DUE_IMPROVEMENTS = DueRows(Improvement, Improvement.next_step_at, WITH_CHILDREN)


def periodic_job(settings: ImprovementSettings) -> PeriodicJob:
    # One per unit of work, because each may read years of minutes.
    return due_rows_job("verify-improvements", settings.verify_every, DUE_IMPROVEMENTS, take_step, batch_size=1)


async def take_step(work: UnitOfWork, improvement: Improvement) -> None:
    """Start the verification of an implemented improvement, and give the verdict if that is due by now."""
    if improvement.state is ImprovementState.IMPLEMENTED:
        improvement.start_verification()
        improvement.touch(work.now)
        await work.flush()
    if improvement.next_step_at is not None and improvement.next_step_at <= work.now:
        await _conclude(work, improvement)


async def _conclude(work: UnitOfWork, improvement: Improvement) -> None:
    analysis = await load_effect_analysis(work, improvement)
    finding = analysis.compute_finding()
    improvement.conclude(finding.verdict, analysis.build_evidence(finding), work.now)
    work.emit(_build_event(improvement, finding))
    improvement.touch(work.now)


def _build_event(improvement: Improvement, finding: EffectFinding) -> ImprovementVerified:
    fit = finding.effect
    interval = {
        name: shorten(getattr(fit, name), 4, tells_from_0=fit.significant) if fit else None
        for name in ("effect", "low", "high")
    }
    points = {name: getattr(fit, name) if fit else 0 for name in ("before", "after")}
    because, scale = " ".join(finding.because), improvement.parsed_registration.scale
    return ImprovementVerified.from_entity(improvement, because=because, scale=scale, **interval, **points)
