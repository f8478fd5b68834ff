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

from sla.agreements.objectives import Method
from sla.compliance.evaluation import Evaluation, Outcome
from sla.compliance.ratios import Ratio
from sla.hours.spans import MINUTE

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
        "objectives": [_objective(evaluation, outcome) for outcome in evaluation.outcomes],
        "performance": percent(evaluation.performance, 4),
        "met": evaluation.met,
        "credit": None if evaluation.credit is None else str(evaluation.credit),
        "currency": None if evaluation.credit is None or charge is None else charge.currency,
    }


def _objective(evaluation: Evaluation, outcome: Outcome) -> dict[str, Any]:
    objective, found = outcome.objective, outcome.found
    budget = found.budget
    return {
        "objective_id": str(objective.id),
        "name": objective.name,
        "kind": objective.kind.value,
        "indicator_id": str(objective.indicator_id),
        "evidence_sha256": outcome.evidence,
        "method": objective.method.value,
        "missing": objective.missing.value,
        "target": plain(objective.target),
        "slice_target": None if objective.slice_target is None else plain(objective.slice_target),
        "coverage_floor": plain(objective.coverage_floor),
        "weight": plain(objective.weight),
        "attained": percent(found.ratio, 4),
        "verdict": outcome.verdict.value,
        "error_budget": {
            "initial": plain(100 - objective.target),
            "consumed": percent(budget.consumed, 3) if budget else None,
            "remaining": percent(budget.remaining, 3) if budget else None,
        },
        "coverage": percent(found.coverage, 4),
        **_amounts(outcome),
        "credit_percent": plain(outcome.credit(evaluation.terms.credits)),
    }


def _amounts(outcome: Outcome) -> dict[str, Any]:
    method, found = outcome.objective.method, outcome.found
    unit = MINUTE if method is Method.TIME else 1
    return {
        "counted_in": "events" if method is Method.OCCURRENCES else "minutes",
        "in_scope": _integer(found.in_scope // unit),
        "bad": _integer(found.bad // unit),
        "excluded": _integer(found.excluded // unit),
        "unknown_minutes": found.unknown // unit,
    }


def _integer(value: int) -> int | str:
    return value if value < _EXACT else str(value)


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
