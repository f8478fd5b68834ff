"""The back-test document: strings and integers only, like a statement, so that its hash is the same everywhere."""

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
from sla.compliance.statements.document import build_result, format_datetime, format_decimal

FORMAT = "rapport backtest 1"


@dataclass(frozen=True, slots=True)
class TriedPeriod:
    """One past period under the terms on trial, and under each budgeting method."""

    period: ReviewPeriod
    evaluation: PeriodEvaluation
    by_method: Mapping[BudgetingMethod, PeriodEvaluation]


def build_backtest_document(
    trial: TrialTerms, periods: Sequence[TriedPeriod], now: datetime, *, incidents: bool
) -> dict[str, Any]:
    """Build the document; `incidents`: whether there were an agreement's incidents and exclusions to count."""
    evaluations = [tried.evaluation for tried in periods]
    document = {
        "format": FORMAT,
        "terms_sha256": trial.terms_sha256,
        "review_period": trial.terms.review_period.value,
        "timezone": trial.terms.service_hours.timezone,
        "first_day": trial.terms.starts_on.isoformat(),
        "last_day": trial.terms.ends_on and trial.terms.ends_on.isoformat(),
        "measured_until": format_datetime(now),
        "of_an_agreement": incidents,
        "periods": [_period(tried) for tried in periods],
        "objectives": [_objective(objective, periods) for objective in trial.terms.objectives],
        "periods_missed": [tried.period.key for tried in periods if tried.evaluation.met is False],
        "periods_undecided": [tried.period.key for tried in periods if tried.evaluation.met is None],
        **_credit(trial, evaluations),
    }
    return document | {"sentences": build_sentences(document)}


def _period(tried: TriedPeriod) -> dict[str, Any]:
    return {
        "period": tried.period.key,
        "from": format_datetime(tried.period.start),
        "to": format_datetime(tried.period.end),
        "result": build_result(tried.evaluation),
    }


def _objective(objective: Objective, periods: Sequence[TriedPeriod]) -> dict[str, Any]:
    outcomes = outcomes_of_objective([tried.evaluation for tried in periods], objective.id)
    not_measured = {ObjectiveVerdict.NOT_MEASURED, ObjectiveVerdict.TOO_LITTLE_MEASURED}
    is_measured = isinstance(objective, MeasuredObjective) and bool(periods)
    return {
        "objective_id": str(objective.id),
        "name": objective.name,
        "target": format_decimal(objective.target),
        **_kept_targets(outcomes, periods),
        "not_measured": _period_keys(periods, outcomes, not_measured),
        "methods": [_method(objective, method, periods) for method in COMPARED_METHODS] if is_measured else [],
    }


def _method(objective: Objective, method: BudgetingMethod, periods: Sequence[TriedPeriod]) -> dict[str, Any]:
    outcomes = outcomes_of_objective([tried.by_method[method] for tried in periods], objective.id)
    return {
        "method": method.value,
        "as_worded": isinstance(objective, MeasuredObjective) and objective.method is method,
        **_kept_targets(outcomes, periods),
        "periods": [_attained(tried, outcome) for tried, outcome in zip(periods, outcomes, strict=True)],
    }


def _attained(tried: TriedPeriod, outcome: ObjectiveOutcome) -> dict[str, Any]:
    attained, consumed = outcome.assessment.attained, outcome.assessment.budget_consumed
    return {
        "period": tried.period.key,
        "attained": None if attained is None else str(attained),
        "verdict": outcome.verdict.value,
        "budget_consumed": None if consumed is None else str(consumed),
    }


def _kept_targets(outcomes: Sequence[ObjectiveOutcome], periods: Sequence[TriedPeriod]) -> dict[str, Any]:
    kept_targets = compute_kept_targets(attained_where_decided(outcomes))
    return {
        "judged": sum(outcome.verdict in DECIDED_VERDICTS for outcome in outcomes),
        "missed": _period_keys(periods, outcomes, {ObjectiveVerdict.MISSED}),
        "kept_in_all": _format_target(kept_targets.in_all),
        "kept_in_95_percent": _format_target(kept_targets.in_95_percent),
    }


def _period_keys(
    periods: Sequence[TriedPeriod], outcomes: Sequence[ObjectiveOutcome], verdicts: set[ObjectiveVerdict]
) -> list[str]:
    pairs = zip(periods, outcomes, strict=True)
    return [tried.period.key for tried, outcome in pairs if outcome.verdict in verdicts]


def _format_target(highest: int | None) -> str | None:
    return None if highest is None else format_decimal(Decimal(highest).scaleb(-4))


def _credit(trial: TrialTerms, evaluations: Sequence[PeriodEvaluation]) -> dict[str, Any]:
    credits_owed = [evaluation.credit for evaluation in evaluations if evaluation.credit is not None]
    charge = trial.terms.monthly_charge
    return {
        "credit": str(sum(credits_owed, Decimal(0))) if credits_owed else None,
        "currency": charge.currency if charge and credits_owed else None,
    }
