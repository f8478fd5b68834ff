"""Forecasts an open review period on request."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements.store import get_agreement
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.store import load_evidence, load_evidence_of_periods
from sla.compliance.forecast.breach_risk import LOOKBACK_DAYS
from sla.compliance.forecast.period_forecast import PeriodForecast, compute_period_forecast
from sla.compliance.forecast.views import (
    NOTHING_IN_FORCE,
    ComplianceNotInForce,
    ComplianceSummary,
    PeriodComplianceView,
)
from sla.compliance.statements.document import format_datetime
from sla.compliance.statements.errors import PeriodNotBegun
from sla.compliance.statements.reviewed_period import ReviewedPeriod, get_reviewed_period, load_reviewed_periods


async def summarize_compliance(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, ComplianceSummary]:
    """Summarize how the current review period of each agreement stands."""
    current = await forecast_current_periods(work, agreement_ids)
    summaries = {
        reviewed.agreement.agreement_id: ComplianceSummary.from_forecast(reviewed.period, forecast)
        for reviewed, forecast in current
    }
    return {key: summaries.get(key, NOTHING_IN_FORCE) for key in agreement_ids}


async def forecast_current_periods(
    work: UnitOfWork, agreement_ids: Collection[UUID]
) -> list[tuple[ReviewedPeriod, PeriodForecast]]:
    """Forecast the review periods that have begun, in short, from evidence that is loaded together."""
    until = work.now.replace(second=0, microsecond=0)
    periods = await load_reviewed_periods(work, agreement_ids, lambda _, schedule: schedule.period_at(work.now))
    begun = [reviewed for reviewed in periods.values() if reviewed.period.start < until]
    evidence = await load_evidence_of_periods(
        work, [replace(reviewed.evidence_request, end=until) for reviewed in begun]
    )

    def compute() -> list[tuple[ReviewedPeriod, PeriodForecast]]:
        return [
            (reviewed, _forecast_in_short(reviewed, until, evidence_of_period))
            for reviewed, evidence_of_period in zip(begun, evidence, strict=True)
        ]

    return await asyncio.to_thread(compute)


def _forecast_in_short(reviewed: ReviewedPeriod, until: datetime, evidence: PeriodEvidence) -> PeriodForecast:
    period = reviewed.period
    return compute_period_forecast(reviewed.terms, period.start, until, period.end, evidence, in_short=True)


async def forecast_current_period(work: UnitOfWork, agreement_id: UUID) -> PeriodComplianceView | ComplianceNotInForce:
    """Forecast the period that is under way, or say why there is none."""
    agreement = await get_agreement(work, agreement_id)
    periods = await load_reviewed_periods(work, [agreement_id], lambda _, schedule: schedule.period_at(work.now))
    reviewed = periods.get(agreement_id)
    if reviewed is None or work.now.replace(second=0, microsecond=0) <= reviewed.period.start:
        return ComplianceNotInForce.from_agreement(agreement)
    return await _forecast(work, reviewed)


async def forecast_period(work: UnitOfWork, agreement_id: UUID, key: str) -> PeriodComplianceView:
    """Forecast the period with this key; nothing is stored."""
    await get_agreement(work, agreement_id)
    return await _forecast(work, await get_reviewed_period(work, agreement_id, key))


async def _forecast(work: UnitOfWork, reviewed: ReviewedPeriod) -> PeriodComplianceView:
    period = reviewed.period
    until = min(work.now.replace(second=0, microsecond=0), period.end)
    if until <= period.start:
        raise PeriodNotBegun(f"{period.key} begins at {format_datetime(period.start)}.", field="period")
    since = until - timedelta(days=LOOKBACK_DAYS + 1)  # whole days are drawn from, so today does not count
    request = replace(reviewed.evidence_request, end=until, measured_since=since)
    evidence = await load_evidence(work, request)

    def compute() -> PeriodComplianceView:
        forecast = compute_period_forecast(reviewed.terms, period.start, until, period.end, evidence)
        return PeriodComplianceView.from_forecast(reviewed.agreement.agreement_id, period, forecast)

    return await asyncio.to_thread(compute)  # outages of many lengths are tried, which takes a while
