"""The document of a back-test: strings and integers only, as a statement's, so that its hash is the same everywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sla.agreements.objectives import MeasuredObjective, Method, Objective
from sla.agreements.periods import Period
from sla.backtests.methods import COMPARED, JUDGED, attained_when_judged, ladder, of_objective
from sla.backtests.trial import Trial
from sla.backtests.wording import sentences
from sla.compliance.document import percent, plain, result_of, written
from sla.compliance.evaluation import Evaluation, Outcome, Verdict

FORMAT = "rapport backtest 1"


@dataclass(frozen=True, slots=True)
class Tried:
    """One past period under the terms on trial, and under each budgeting method."""

    period: Period
    evaluation: Evaluation
    by_method: Mapping[Method, Evaluation]


def document_of(trial: Trial, tried: Sequence[Tried], now: datetime, *, incidents: bool) -> dict[str, Any]:
    """`incidents`: whether those of the past were there to be counted, and the exclusions."""
    evaluations = [one.evaluation for one in tried]
    objectives = [_objective(one, tried) for one in trial.terms.objectives]
    document = {
        "format": FORMAT,
        "terms_sha256": trial.terms_sha256,
        "review_period": trial.terms.review_period.value,
        "timezone": trial.terms.service_hours.timezone,
        "first_day": trial.terms.starts_on.isoformat(),
        "last_day": trial.terms.ends_on and trial.terms.ends_on.isoformat(),
        "measured_until": written(now),
        "of_an_agreement": incidents,
        "periods": [_period(one) for one in tried],
        "objectives": objectives,
        "periods_missed": [one.period.key for one in tried if one.evaluation.met is False],
        "periods_undecided": [one.period.key for one in tried if one.evaluation.met is None],
        "credit": _credit(evaluations),
        "currency": _currency(trial, evaluations),
    }
    return document | {"sentences": sentences(document)}


def _period(one: Tried) -> dict[str, Any]:
    return {
        "period": one.period.key,
        "from": written(one.period.start),
        "to": written(one.period.end),
        "result": result_of(one.evaluation),
    }


def _objective(objective: Objective, tried: Sequence[Tried]) -> dict[str, Any]:
    outcomes = of_objective([one.evaluation for one in tried], objective.id)
    found = {
        "objective_id": str(objective.id),
        "name": objective.name,
        "target": plain(objective.target),
        **_kept(outcomes, tried),
        "not_measured": _keys(tried, outcomes, {Verdict.NOT_MEASURED, Verdict.TOO_LITTLE_MEASURED}),
        "methods": [],
    }
    if isinstance(objective, MeasuredObjective) and tried:
        found["methods"] = [_method(objective, method, tried) for method in COMPARED]
    return found


def _method(objective: MeasuredObjective, method: Method, tried: Sequence[Tried]) -> dict[str, Any]:
    outcomes = of_objective([one.by_method[method] for one in tried], objective.id)
    as_worded = objective.method is method
    return {
        "method": method.value,
        "as_worded": as_worded,
        **_kept(outcomes, tried),
        "periods": [_attained(one, outcome) for one, outcome in zip(tried, outcomes, strict=True)],
    }


def _attained(one: Tried, outcome: Outcome) -> dict[str, Any]:
    budget = outcome.found.budget
    return {
        "period": one.period.key,
        "attained": percent(outcome.found.ratio, 4),
        "verdict": outcome.verdict.value,
        "budget_consumed": percent(budget.consumed, 3) if budget else None,
    }


def _kept(outcomes: Sequence[Outcome], tried: Sequence[Tried]) -> dict[str, Any]:
    highest = ladder(attained_when_judged(outcomes))
    return {
        "judged": sum(one.verdict in JUDGED for one in outcomes),
        "missed": _keys(tried, outcomes, {Verdict.MISSED}),
        "kept_in_all": _target(highest.in_all),
        "kept_in_95_percent": _target(highest.in_most),
    }


def _keys(tried: Sequence[Tried], outcomes: Sequence[Outcome], verdicts: set[Verdict]) -> list[str]:
    return [one.period.key for one, outcome in zip(tried, outcomes, strict=True) if outcome.verdict in verdicts]


def _target(highest: int | None) -> str | None:
    return None if highest is None else plain(Decimal(highest).scaleb(-4))


def _credit(evaluations: Sequence[Evaluation]) -> str | None:
    owed = [one.credit for one in evaluations if one.credit is not None]
    return str(sum(owed, Decimal(0))) if owed else None


def _currency(trial: Trial, evaluations: Sequence[Evaluation]) -> str | None:
    charge = trial.terms.monthly_charge
    return charge.currency if charge and _credit(evaluations) is not None else None
