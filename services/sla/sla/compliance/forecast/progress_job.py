"""Reports how review periods under way stand, a few times a day: provisional figures, until statements are issued."""

from collections.abc import Sequence
from uuid import UUID

from common.jobs.due_rows import batch_job
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork
from published.sla import PeriodProgressed
from sla.compliance.evaluation.ratios import cut_percent
from sla.compliance.forecast import store
from sla.compliance.forecast.actions import forecast_current_periods
from sla.compliance.forecast.period_forecast import PeriodForecast
from sla.compliance.statements.builder import build_objective_result
from sla.compliance.statements.reviewed_period import ReviewedPeriod
from sla.compliance.statements.settings import StatementSettings

JOB_NAME = "report-progress"


def periodic_job(settings: StatementSettings) -> PeriodicJob:
    list_due, batch_size = store.list_agreement_ids_to_report, settings.batch_size
    return batch_job(JOB_NAME, settings.interval, list_due, report_progress, batch_size)


async def report_progress(work: UnitOfWork, agreement_ids: Sequence[UUID]) -> None:
    """Emit how the current review period of each agreement stands; some have none, as while they are suspended."""
    for reviewed, forecast in await forecast_current_periods(work, agreement_ids):
        work.emit(_build_event(reviewed, forecast))
    await store.upsert_reported_progress(work, agreement_ids)


def _build_event(reviewed: ReviewedPeriod, forecast: PeriodForecast) -> PeriodProgressed:
    to_date = forecast.to_date
    return PeriodProgressed.from_entity(
        to_date,
        reviewed.agreement,
        agreement_name=reviewed.terms.name,
        period_from=reviewed.period.start,
        period_to=reviewed.period.end,
        until=to_date.window.end,
        timezone=reviewed.terms.service_hours.timezone,
        performance=cut_percent(to_date.performance),
        objectives=tuple(build_objective_result(outcome) for outcome in to_date.outcomes),
    )
