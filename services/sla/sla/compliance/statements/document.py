"""The statement document: strings and integers only, so that its canonical JSON (RFC 8785) is the same everywhere.

`result` can be computed again from the measurements; the rest says what is stated, when, by whom and after what.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sla.agreements.objectives import Objective
from sla.agreements.terms import Terms
from sla.compliance.evaluation.assessment import Assessment, count_true
from sla.compliance.evaluation.period_evaluation import ObjectiveOutcome, PeriodEvaluation, indicator_id_of
from sla.compliance.evaluation.ratios import PERCENT_PLACES, Ratio, cut_percent, places_to_tell
from sla.compliance.evaluation.rounded_figures import round_figures
from sla.compliance.evaluation.rules_version import RulesVersion
from sla.exclusions.exclusion_rules import Exclusion
from sla.hours.spans import to_datetime

UNCOUNTABLE_UNITS = ("events", "observations")
AMOUNTS = ("in_scope", "bad", "excluded", "unknown")
_EXACT = 2**53
"""JSON numbers from here on lose digits in some readers, so they are written as strings."""


def build_result(evaluation: PeriodEvaluation) -> dict[str, Any]:
    window, charge = evaluation.window, evaluation.terms.monthly_charge
    in_hours, in_service = count_true(window.in_hours), count_true(window.in_service)
    return {
        "minutes": {
            "in_period": len(window),
            "outside_hours": len(window) - in_hours,
            "closed": in_hours - in_service,
            "in_service": in_service,
        },
        "exclusions": [_exclusion(exclusion, minutes) for exclusion, minutes in evaluation.exclusions],
        "objectives": [_objective(evaluation, outcome) for outcome in evaluation.outcomes],
        "performance": _text(_percent(evaluation.performance, PERCENT_PLACES, evaluation.version)),
        "met": evaluation.met,
        "charge": _charge(evaluation),
        "credit": _text(evaluation.credit),
        "currency": None if evaluation.credit is None or charge is None else charge.currency,
    }


def _exclusion(exclusion: Exclusion, minutes: int) -> dict[str, Any]:
    objective_ids = exclusion.objective_ids
    return {
        "id": str(exclusion.id),
        "cause": str(exclusion.cause),
        "reason": exclusion.reason,
        "from": format_datetime(to_datetime(exclusion.span.start)),
        "to": format_datetime(to_datetime(exclusion.span.end)),
        "minutes": minutes,
        "objective_ids": None if objective_ids is None else sorted(map(str, objective_ids)),
    }


def _charge(evaluation: PeriodEvaluation) -> dict[str, Any] | None:
    """Return what credits are a percentage of, as an exact fraction of the monthly charge."""
    charge = evaluation.charge
    if charge is None or evaluation.terms.credits is None:
        return None
    months = f"{charge.months.numerator}/{charge.months.denominator}"
    return {"monthly": format_decimal(charge.monthly.amount), "months": months}


def _objective(evaluation: PeriodEvaluation, outcome: ObjectiveOutcome) -> dict[str, Any]:
    objective, assessment, version = outcome.objective, outcome.assessment, evaluation.version
    figures = {name: _text(figure) for name, figure in _figures(assessment, version).items()}
    places = places_to_tell(assessment.target) if version > RulesVersion.V1 else PERCENT_PLACES
    indicator_id = indicator_id_of(objective)
    return {
        "objective_id": str(objective.id),
        "name": objective.name,
        "kind": objective.kind.value,
        "indicator_id": str(indicator_id) if indicator_id else None,
        "evidence_sha256": outcome.evidence_sha256,
        "promised": _promised(objective),
        "target": format_decimal(objective.target),
        "weight": format_decimal(objective.weight),
        "window": {"from": format_datetime(outcome.window.start), "to": format_datetime(outcome.window.end)},
        "attained": figures["attained"],
        "attained_without_waivers": _text(_percent(outcome.without_waivers, places, version)),
        "attained_without_exclusions": _text(_percent(outcome.without_exclusions, places, version)),
        "margin": figures["margin"],
        "verdict": outcome.verdict.value,
        "error_budget": {
            "initial": format_decimal(100 - objective.target),
            "consumed": figures["budget_consumed"],
            "remaining": figures["budget_remaining"],
        },
        "coverage": figures["coverage"],
        "counted_in": assessment.unit,
        **{name: _integer(getattr(assessment, name) // assessment.scale) for name in AMOUNTS},
        "excluded_minutes": dict(outcome.excluded_minutes),
        "details": {
            name: _integer(value) if isinstance(value, int) else value for name, value in assessment.details.items()
        },
        "credit_percent": format_decimal(outcome.credit_percent(evaluation.terms)),
        **_credit_steps(evaluation.terms, objective),
        **({} if version is RulesVersion.V1 else _evidence(outcome)),
    }


def _credit_steps(terms: Terms, objective: Objective) -> dict[str, Any]:
    """Return the thresholds of an objective, unless they are the ladder that the terms write out for all objectives."""
    if terms.credits is None or (terms.credits.ladder and objective.credits is None):
        return {}
    ladder = terms.ladder_of(objective)
    steps = [{"below": format_decimal(step.below), "percent": format_decimal(step.percent)} for step in ladder]
    return {"credit_steps": steps}


def _evidence(outcome: ObjectiveOutcome) -> dict[str, Any]:
    """Return what statements say from version 2 on about what was not measured, and about what was measured wrongly.

    How many events or observations are missing nobody knows, so `unknown` is null where the amounts are in those.
    """
    assessment = outcome.assessment
    unknown = {"unknown": None} if assessment.unit in UNCOUNTABLE_UNITS else {}
    return unknown | {
        "unmeasured_minutes": assessment.unmeasured,
        "minutes_good_above_total": assessment.good_above_total,
        "warnings": [warning.value for warning in outcome.warnings],
    }


def _promised(objective: Objective) -> dict[str, Any]:
    """Return the fields that are particular to the kind of objective, as the terms word them."""
    shared = {"id", "name", "kind", "indicator_id", "target", "weight", "answers", "credits"}
    return {name: value for name, value in objective.model_dump(mode="json").items() if name not in shared}


def _integer(value: int) -> int | str:
    return value if abs(value) < _EXACT else str(value)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _figures(assessment: Assessment, version: RulesVersion) -> dict[str, Decimal | None]:
    """Return the figures as this version shows them: rounded to the nearest, or cut towards the bad side."""
    rounded = round_figures(assessment)
    return rounded if version is RulesVersion.V1 else {name: getattr(assessment, name) for name in rounded}


def _percent(ratio: Ratio | None, places: int, version: RulesVersion) -> Decimal | None:
    if ratio is None or version > RulesVersion.V1:
        return cut_percent(ratio, places)
    return ratio.to_percent(places)


def format_decimal(value: Decimal) -> str:
    """Format without exponent and trailing zeros: 99.90 and 99.9 are one number."""
    return f"{value.normalize():f}"


def format_datetime(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def compute_differences(stated: Any, recomputed: Any, field: str = "") -> Iterator[dict[str, Any]]:
    """Yield every place at which two documents differ; corrections hold them in the same form."""
    if isinstance(stated, dict) and isinstance(recomputed, dict):
        for name in sorted(stated.keys() | recomputed.keys()):
            yield from compute_differences(stated.get(name), recomputed.get(name), f"{field}.{name}" if field else name)
    elif isinstance(stated, list) and isinstance(recomputed, list) and len(stated) == len(recomputed):
        for index, pair in enumerate(zip(stated, recomputed, strict=True)):
            yield from compute_differences(*pair, f"{field}.{index}")
    elif stated != recomputed:
        yield {"field": field, "stated": stated, "found": recomputed}


def compute_changes(stated: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return what a restatement changes, in amounts, verdicts and money."""
    before = {objective["objective_id"]: objective for objective in stated["objectives"]}
    pairs = [(before[objective["objective_id"]], objective) for objective in found["objectives"]]
    changed = [_objective_change(old, new) for old, new in pairs if old != new]
    return {"objectives": changed, "credit": _credit_change(stated, found)}


def _objective_change(stated: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    comparable_names = [name for name in AMOUNTS if stated[name] is not None and found[name] is not None]
    amounts = {name: int(found[name]) - int(stated[name]) for name in comparable_names}
    changed = {name: [stated[name], found[name]] for name in ("attained", "verdict") if stated[name] != found[name]}
    same = {name: found[name] for name in ("objective_id", "name", "counted_in")}
    return same | {name: _integer(amount) for name, amount in amounts.items() if amount} | changed


def _credit_change(stated: dict[str, Any], found: dict[str, Any]) -> dict[str, Any] | None:
    if stated["credit"] is None or found["credit"] is None:
        return None
    difference = Decimal(found["credit"]) - Decimal(stated["credit"])
    return {
        "stated": stated["credit"],
        "found": found["credit"],
        "difference": str(difference),
        "currency": found["currency"],
    }
