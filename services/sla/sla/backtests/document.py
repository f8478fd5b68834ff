"""The document of a back-test: strings and integers only, as a statement's, so that its hash is the same everywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective, Objective
from sla.agreements.review_periods import ReviewPeriod
from sla.backtests.budgeting_methods import (
    COMPARED_METHODS,
    DECIDED_VERDICTS,
    attained_where_decided,
    compute_kept_targets,
    outcomes_of_objective,
)
from sla.backtests.summary import build_sentences
from sla.backtests.trial_terms import TrialTerms
from sla.compliance.evaluation.period_evaluation import ObjectiveOutcome, ObjectiveVerdict, PeriodEvaluation
from sla.compliance.statements.document import build_result, format_datetime, format_decimal, format_percent

FORMAT = "rapport backtest 1"


@dataclass(frozen=True, slots=True)
class TriedPeriod:
    """One past period under the terms on trial, and under each budgeting method."""

    period: ReviewPeriod
    evaluation: PeriodEvaluation
    by_method: Mapping[BudgetingMethod, PeriodEvaluation]


def build_backtest_document(
    trial: TrialTerms, tried: Sequence[TriedPeriod], now: datetime, *, incidents: bool
) -> dict[str, Any]:
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
        "measured_until": format_datetime(now),
        "of_an_agreement": incidents,
        "periods": [_period(one) for one in tried],
        "objectives": objectives,
        "periods_missed": [one.period.key for one in tried if one.evaluation.met is False],
        "periods_undecided": [one.period.key for one in tried if one.evaluation.met is None],
        "credit": _credit(evaluations),
        "currency": _currency(trial, evaluations),
    }
    return document | {"sentences": build_sentences(document)}


def _period(one: TriedPeriod) -> dict[str, Any]:
    return {
        "period": one.period.key,
        "from": format_datetime(one.period.start),
        "to": format_datetime(one.period.end),
        "result": build_result(one.evaluation),
    }


def _objective(objective: Objective, tried: Sequence[TriedPeriod]) -> dict[str, Any]:
    outcomes = outcomes_of_objective([one.evaluation for one in tried], objective.id)
    found = {
        "objective_id": str(objective.id),
        "name": objective.name,
        "target": format_decimal(objective.target),
        **_kept(outcomes, tried),
        "not_measured": _keys(tried, outcomes, {ObjectiveVerdict.NOT_MEASURED, ObjectiveVerdict.TOO_LITTLE_MEASURED}),
        "methods": [],
    }
    if isinstance(objective, MeasuredObjective) and tried:
        found["methods"] = [_method(objective, method, tried) for method in COMPARED_METHODS]
    return found


def _method(objective: MeasuredObjective, method: BudgetingMethod, tried: Sequence[TriedPeriod]) -> dict[str, Any]:
    outcomes = outcomes_of_objective([one.by_method[method] for one in tried], objective.id)
    as_worded = objective.method is method
    return {
        "method": method.value,
        "as_worded": as_worded,
        **_kept(outcomes, tried),
        "periods": [_attained(one, outcome) for one, outcome in zip(tried, outcomes, strict=True)],
    }


def _attained(one: TriedPeriod, outcome: ObjectiveOutcome) -> dict[str, Any]:
    budget = outcome.assessment.budget
    return {
        "period": one.period.key,
        "attained": format_percent(outcome.assessment.ratio, 4),
        "verdict": outcome.verdict.value,
        "budget_consumed": format_percent(budget.consumed, 3) if budget else None,
    }


def _kept(outcomes: Sequence[ObjectiveOutcome], tried: Sequence[TriedPeriod]) -> dict[str, Any]:
    highest = compute_kept_targets(attained_where_decided(outcomes))
    return {
        "judged": sum(one.verdict in DECIDED_VERDICTS for one in outcomes),
        "missed": _keys(tried, outcomes, {ObjectiveVerdict.MISSED}),
        "kept_in_all": _target(highest.in_all),
        "kept_in_95_percent": _target(highest.in_95_percent),
    }


def _keys(
    tried: Sequence[TriedPeriod], outcomes: Sequence[ObjectiveOutcome], verdicts: set[ObjectiveVerdict]
) -> list[str]:
    return [one.period.key for one, outcome in zip(tried, outcomes, strict=True) if outcome.verdict in verdicts]


def _target(highest: int | None) -> str | None:
    return None if highest is None else format_decimal(Decimal(highest).scaleb(-4))


def _credit(evaluations: Sequence[PeriodEvaluation]) -> str | None:
    owed = [one.credit for one in evaluations if one.credit is not None]
    return str(sum(owed, Decimal(0))) if owed else None


def _currency(trial: TrialTerms, evaluations: Sequence[PeriodEvaluation]) -> str | None:
    charge = trial.terms.monthly_charge
    return charge.currency if charge and _credit(evaluations) is not None else None
