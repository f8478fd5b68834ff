"""Assess availability, ratios, latency, gauges and quality: a share of minutes, slices or events that are good."""

from dataclasses import replace

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective
from sla.compliance.evaluation.assessment import (
    Assessment,
    AssessmentRule,
    Mask,
    assess_minutes,
    assess_sliced_minutes,
)
from sla.hours.spans import MINUTE
from sla.measurements.minutes import Minutes, MinuteState


def assess_measured(objective: MeasuredObjective, minutes: Minutes, in_service: Mask, excluded: Mask) -> Assessment:
    method, length = objective.method, objective.slice_minutes
    rule = AssessmentRule.from_percents(objective.target, method, objective.missing, objective.slice_target)
    columns = (minutes.good, minutes.total, minutes.state != MinuteState.UNKNOWN, in_service, excluded)
    if length > 1:
        return replace(assess_sliced_minutes(rule, *columns, length), details={"slice_minutes": length})
    unit = "events" if method is BudgetingMethod.OCCURRENCES else "minutes"
    return replace(assess_minutes(rule, *columns), unit=unit, scale=MINUTE if method is BudgetingMethod.TIME else 1)
