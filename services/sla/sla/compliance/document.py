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
from sla.compliance.evaluation import Evaluation, Outcome, indicator_of
from sla.compliance.ratios import Ratio
from sla.compliance.taken_out import TakenOut
from sla.hours.spans import moment

FORMAT = "rapport statement 1"
_EXACT = 2**53
"""JSON numbers from here on are not read alike everywhere."""


class Difference(NamedTuple):
    field: str
    stated: Any
    found: Any


@dataclass(frozen=True, slots=True)
class Verification:
    untouched: bool
    """The document is the one whose hash was taken."""
    chained: bool
    """So is every statement before it, and each names the hash of the one before."""
    signed: bool
    """With the key it names."""
    differences: list[Difference]
    """Between what is stated and what the stored measurements give now."""


def sha256_of(document: dict[str, Any]) -> str:
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def result_of(evaluation: Evaluation) -> dict[str, Any]:
    window, terms = evaluation.window, evaluation.terms
    charge = terms.monthly_charge
    return {
        "minutes": {
            "in_period": len(window),
            "outside_hours": window.outside_hours,
            "closed": window.closed,
            "in_service": len(window) - window.outside_hours - window.closed,
        },
        "exclusions": [_exclusion(one) for one in evaluation.taken_out],
        "objectives": [_objective(evaluation, outcome) for outcome in evaluation.outcomes],
        "performance": percent(evaluation.performance, 4),
        "met": evaluation.met,
        "charge": _charge(evaluation),
        "credit": None if evaluation.credit is None else str(evaluation.credit),
        "currency": None if evaluation.credit is None or charge is None else charge.currency,
    }


def _exclusion(found: TakenOut) -> dict[str, Any]:
    one = found.exclusion
    return {
        "id": str(one.id),
        "cause": str(one.cause),
        "reason": one.reason,
        "from": written(moment(one.span.start)),
        "to": written(moment(one.span.end)),
        "minutes": found.minutes,
        "objective_ids": None if one.objective_ids is None else sorted(map(str, one.objective_ids)),
    }


def _charge(evaluation: Evaluation) -> dict[str, Any] | None:
    """What credits are a percentage of, as an exact fraction of the monthly charge."""
    charge = evaluation.charge
    if charge is None or evaluation.terms.credits is None:
        return None
    months = f"{charge.months.numerator}/{charge.months.denominator}"
    return {"monthly": plain(charge.monthly.amount), "months": months}


def _objective(evaluation: Evaluation, outcome: Outcome) -> dict[str, Any]:
    objective, found = outcome.objective, outcome.found
    indicator_id, budget = indicator_of(objective), found.budget
    return {
        "objective_id": str(objective.id),
        "name": objective.name,
        "kind": objective.kind.value,
        "indicator_id": str(indicator_id) if indicator_id else None,
        "evidence_sha256": outcome.evidence,
        "promised": _promised(objective),
        "target": plain(objective.target),
        "weight": plain(objective.weight),
        "window": {"from": written(outcome.window.start), "to": written(outcome.window.end)},
        "attained": percent(found.ratio, 4),
        "attained_without_waivers": percent(outcome.without.waivers, 4),
        "attained_without_exclusions": percent(outcome.without.exclusions, 4),
        "margin": None if found.margin is None else str(found.margin),
        "verdict": outcome.verdict.value,
        "error_budget": {
            "initial": plain(100 - objective.target),
            "consumed": percent(budget.consumed, 3) if budget else None,
            "remaining": percent(budget.remaining, 3) if budget else None,
        },
        "coverage": percent(found.coverage, 4),
        **_amounts(outcome),
        "excluded_minutes": dict(outcome.excluded),
        "details": {name: _written(value) for name, value in outcome.counted.details.items()},
        "credit_percent": plain(outcome.credit(evaluation.terms.credits)),
    }


def _promised(objective: Objective) -> dict[str, Any]:
    """What is particular to its kind, as the terms word it."""
    shared = {"id", "name", "kind", "indicator_id", "target", "weight", "answers"}
    return {name: value for name, value in objective.model_dump(mode="json").items() if name not in shared}


def _amounts(outcome: Outcome) -> dict[str, Any]:
    found, unit = outcome.found, outcome.counted.scale
    return {
        "counted_in": outcome.counted.unit,
        "in_scope": _integer(found.in_scope // unit),
        "bad": _integer(found.bad // unit),
        "excluded": _integer(found.excluded // unit),
        "unknown": _integer(found.unknown // unit),
    }


def _written(value: Any) -> Any:
    return _integer(value) if isinstance(value, int) else value


def _integer(value: int) -> int | str:
    return value if abs(value) < _EXACT else str(value)


def percent(ratio: Ratio | None, places: int) -> str | None:
    return str(ratio.percent(places)) if ratio else None


def plain(value: Decimal) -> str:
    """Without exponent and trailing zeros: 99.90 and 99.9 are one number."""
    return f"{value.normalize():f}"


def written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def differences(stated: Any, found: Any, field: str = "") -> Iterator[Difference]:
    """Every place at which two documents differ."""
    if isinstance(stated, dict) and isinstance(found, dict):
        for name in sorted(stated.keys() | found.keys()):
            yield from differences(stated.get(name), found.get(name), f"{field}.{name}" if field else name)
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for place, pair in enumerate(zip(stated, found, strict=True)):
            yield from differences(*pair, f"{field}.{place}")
    elif stated != found:
        yield Difference(field, stated, found)


def changes(stated: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
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
