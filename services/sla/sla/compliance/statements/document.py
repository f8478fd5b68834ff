"""The document of a statement: strings and integers only, so that its canonical JSON (RFC 8785) is the same everywhere.

`result` is what can be computed again from the measurements; the rest says of what, when, by whom and after which.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import rfc8785

from sla.agreements.objectives import Objective
from sla.compliance.evaluation.exclusion_masks import PeriodExclusion
from sla.compliance.evaluation.period_evaluation import ObjectiveOutcome, PeriodEvaluation, indicator_id_of
from sla.compliance.evaluation.ratios import Ratio
from sla.hours.spans import to_datetime

FORMAT = "rapport statement 1"
_EXACT = 2**53
"""JSON numbers from here on are not read alike everywhere."""


class StatementDifference(NamedTuple):
    field: str
    stated: Any
    found: Any


@dataclass(frozen=True, slots=True)
class StatementVerification:
    is_untouched: bool
    """The document is the one whose hash was taken."""
    is_chained: bool
    """So is every statement before it, and each names the hash of the one before."""
    is_signed: bool
    """With the key it names."""
    differences: list[StatementDifference]
    """Between what is stated and what the stored measurements give now."""


def canonical_sha256(document: dict[str, Any]) -> str:
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def build_result(evaluation: PeriodEvaluation) -> dict[str, Any]:
    window, terms = evaluation.window, evaluation.terms
    charge = terms.monthly_charge
    return {
        "minutes": {
            "in_period": len(window),
            "outside_hours": window.outside_hours,
            "closed": window.closed,
            "in_service": len(window) - window.outside_hours - window.closed,
        },
        "exclusions": [_exclusion(one) for one in evaluation.exclusions],
        "objectives": [_objective(evaluation, outcome) for outcome in evaluation.outcomes],
        "performance": format_percent(evaluation.performance, 4),
        "met": evaluation.met,
        "charge": _charge(evaluation),
        "credit": None if evaluation.credit is None else str(evaluation.credit),
        "currency": None if evaluation.credit is None or charge is None else charge.currency,
    }


def _exclusion(found: PeriodExclusion) -> dict[str, Any]:
    one = found.exclusion
    return {
        "id": str(one.id),
        "cause": str(one.cause),
        "reason": one.reason,
        "from": format_datetime(to_datetime(one.span.start)),
        "to": format_datetime(to_datetime(one.span.end)),
        "minutes": found.minutes,
        "objective_ids": None if one.objective_ids is None else sorted(map(str, one.objective_ids)),
    }


def _charge(evaluation: PeriodEvaluation) -> dict[str, Any] | None:
    """What credits are a percentage of, as an exact fraction of the monthly charge."""
    charge = evaluation.charge
    if charge is None or evaluation.terms.credits is None:
        return None
    months = f"{charge.months.numerator}/{charge.months.denominator}"
    return {"monthly": format_decimal(charge.monthly.amount), "months": months}


def _objective(evaluation: PeriodEvaluation, outcome: ObjectiveOutcome) -> dict[str, Any]:
    objective, found = outcome.objective, outcome.assessment
    indicator_id, budget = indicator_id_of(objective), found.budget
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
        "attained": format_percent(found.ratio, 4),
        "attained_without_waivers": format_percent(outcome.attained_without.waivers, 4),
        "attained_without_exclusions": format_percent(outcome.attained_without.exclusions, 4),
        "margin": None if found.margin is None else str(found.margin),
        "verdict": outcome.verdict.value,
        "error_budget": {
            "initial": format_decimal(100 - objective.target),
            "consumed": format_percent(budget.consumed, 3) if budget else None,
            "remaining": format_percent(budget.remaining, 3) if budget else None,
        },
        "coverage": format_percent(found.coverage, 4),
        **_amounts(outcome),
        "excluded_minutes": dict(outcome.excluded_minutes),
        "details": {name: _written(value) for name, value in outcome.objective_assessment.details.items()},
        "credit_percent": format_decimal(outcome.credit_percent(evaluation.terms.credits)),
    }


def _promised(objective: Objective) -> dict[str, Any]:
    """What is particular to its kind, as the terms word it."""
    shared = {"id", "name", "kind", "indicator_id", "target", "weight", "answers"}
    return {name: value for name, value in objective.model_dump(mode="json").items() if name not in shared}


def _amounts(outcome: ObjectiveOutcome) -> dict[str, Any]:
    found, unit = outcome.assessment, outcome.objective_assessment.scale
    return {
        "counted_in": outcome.objective_assessment.unit,
        "in_scope": _integer(found.in_scope // unit),
        "bad": _integer(found.bad // unit),
        "excluded": _integer(found.excluded // unit),
        "unknown": _integer(found.unknown // unit),
    }


def _written(value: Any) -> Any:
    return _integer(value) if isinstance(value, int) else value


def _integer(value: int) -> int | str:
    return value if abs(value) < _EXACT else str(value)


def format_percent(ratio: Ratio | None, places: int) -> str | None:
    return str(ratio.to_percent(places)) if ratio else None


def format_decimal(value: Decimal) -> str:
    """Without exponent and trailing zeros: 99.90 and 99.9 are one number."""
    return f"{value.normalize():f}"


def format_datetime(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def compute_differences(stated: Any, found: Any, field: str = "") -> Iterator[StatementDifference]:
    """Every place at which two documents differ."""
    if isinstance(stated, dict) and isinstance(found, dict):
        for name in sorted(stated.keys() | found.keys()):
            yield from compute_differences(stated.get(name), found.get(name), f"{field}.{name}" if field else name)
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for place, pair in enumerate(zip(stated, found, strict=True)):
            yield from compute_differences(*pair, f"{field}.{place}")
    elif stated != found:
        yield StatementDifference(field, stated, found)


def compute_changes(stated: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What a restatement moves, in slices and in money."""
    before = {one["objective_id"]: one for one in stated["objectives"]}
    moved = [
        _moved(before[one["objective_id"]], one)
        for one in found["objectives"]
        if one != before.get(one["objective_id"])
    ]
    return {"objectives": moved, "credit": _money(stated, found)}


def _moved(stated: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    amounts = {name: int(found[name]) - int(stated[name]) for name in ("in_scope", "bad", "excluded", "unknown")}
    said = {name: [stated[name], found[name]] for name in ("attained", "verdict") if stated[name] != found[name]}
    same = {name: found[name] for name in ("objective_id", "name", "counted_in")}
    return same | {name: _integer(amount) for name, amount in amounts.items() if amount} | said


def _money(stated: dict[str, Any], found: dict[str, Any]) -> dict[str, Any] | None:
    if stated["credit"] is None or found["credit"] is None:
        return None
    difference = Decimal(found["credit"]) - Decimal(stated["credit"])
    return {
        "stated": stated["credit"],
        "found": found["credit"],
        "difference": str(difference),
        "currency": found["currency"],
    }
