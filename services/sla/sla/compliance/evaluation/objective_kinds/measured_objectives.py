"""Assess availability, ratios, latency, gauges and quality: a share of minutes, slices or events that are good."""

from dataclasses import replace

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective
from sla.compliance.evaluation.assessment import (
    Assessment,
    AssessmentRule,
    Mask,
    assess_minutes,
    assess_sliced_minutes,
    count_true,
)
from sla.compliance.evaluation.rules_version import CURRENT_RULES, RulesVersion
from sla.hours.spans import MINUTE
from sla.measurements.minutes import Minutes, MinuteState


def assess_measured(
    objective: MeasuredObjective,
    minutes: Minutes,
    in_service: Mask,
    excluded: Mask,
    version: RulesVersion = CURRENT_RULES,
) -> Assessment:
    method, length = objective.method, objective.slice_minutes
    rule = AssessmentRule.from_percents(objective.target, method, objective.missing, objective.slice_target, version)
    columns = (minutes.good, minutes.total, minutes.state != MinuteState.UNKNOWN, in_service, excluded)
    in_excess = count_true((minutes.good > minutes.total) & in_service & ~excluded)
    if length > 1:
        sliced = assess_sliced_minutes(rule, *columns, length)
        return replace(sliced, details={"slice_minutes": length}, good_above_total=in_excess)
    unit = "events" if method is BudgetingMethod.OCCURRENCES else "minutes"
    scale = MINUTE if method is BudgetingMethod.TIME else 1
    return replace(assess_minutes(rule, *columns), unit=unit, scale=scale, good_above_total=in_excess)
