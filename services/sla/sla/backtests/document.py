"""The back-test document: strings and integers only, like a statement, so that its hash is the same everywhere."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from sla.agreements.objectives import MeasuredObjective, Objective
from sla.backtests.budgeting_methods import COMPARED_METHODS
from sla.backtests.kept_targets import compute_kept_targets
from sla.backtests.summary import build_sentences
from sla.backtests.trial import Trial, TriedPeriod
from sla.compliance.evaluation.period_evaluation import ObjectiveOutcome, ObjectiveVerdict
from sla.compliance.statements.document import build_result, format_datetime, format_decimal

FORMAT = "rapport backtest 1"
_DECIDED = (ObjectiveVerdict.MET, ObjectiveVerdict.MISSED)
_NOT_MEASURED = (ObjectiveVerdict.NOT_MEASURED, ObjectiveVerdict.TOO_LITTLE_MEASURED)

OutcomeOfPeriod = tuple[str, ObjectiveOutcome]
"""The outcome of one objective, with the key of the period."""


def build_backtest_document(trial: Trial, periods: Sequence[TriedPeriod]) -> dict[str, Any]:
    terms = trial.terms
    credits_owed = [tried.evaluation.credit for tried in periods if tried.evaluation.credit is not None]
    document = {
        "format": FORMAT,
        "terms_sha256": trial.terms_sha256,
        "review_period": terms.review_period.value,
        "timezone": terms.service_hours.timezone,
        "first_day": terms.starts_on.isoformat(),
        "last_day": terms.ends_on and terms.ends_on.isoformat(),
        "measured_until": format_datetime(trial.tried_at),
        "of_an_agreement": trial.agreement_id is not None,
        "periods": [_period(tried) for tried in periods],
        "objectives": [_objective(place, objective, periods) for place, objective in enumerate(terms.objectives)],
        "periods_missed": [tried.period.key for tried in periods if tried.evaluation.met is False],
        "periods_undecided": [tried.period.key for tried in periods if tried.evaluation.met is None],
        "credit": str(sum(credits_owed, Decimal(0))) if credits_owed else None,
        "currency": terms.monthly_charge.currency if terms.monthly_charge and credits_owed else None,
    }
    return document | {"sentences": build_sentences(document)}


def _period(tried: TriedPeriod) -> dict[str, Any]:
    return {
        "period": tried.period.key,
        "from": format_datetime(tried.period.start),
        "to": format_datetime(tried.period.end),
        "result": build_result(tried.evaluation),
    }


def _objective(place: int, objective: Objective, periods: Sequence[TriedPeriod]) -> dict[str, Any]:
    """Describe the objective that stands at a place in the terms, as its outcomes do in each evaluation."""
    outcomes = [(tried.period.key, tried.evaluation.outcomes[place]) for tried in periods]
    by_method = {
        method: [(tried.period.key, tried.by_method[method].outcomes[place]) for tried in periods]
        for method in (COMPARED_METHODS if isinstance(objective, MeasuredObjective) else ())
    }
    return {
        "objective_id": str(objective.id),
        "name": objective.name,
        "target": format_decimal(objective.target),
        **_verdicts(outcomes),
        "not_measured": _periods_with(_NOT_MEASURED, outcomes),
        "methods": [
            {
                "method": method.value,
                "as_worded": isinstance(objective, MeasuredObjective) and objective.method is method,
                **_verdicts(outcomes_by_method),
                "periods": [_attained(key, outcome) for key, outcome in outcomes_by_method],
            }
            for method, outcomes_by_method in by_method.items()
        ],
    }


def _attained(period_key: str, outcome: ObjectiveOutcome) -> dict[str, Any]:
    attained, consumed = outcome.assessment.attained, outcome.assessment.budget_consumed
    return {
        "period": period_key,
        "attained": None if attained is None else str(attained),
        "verdict": outcome.verdict.value,
        "budget_consumed": None if consumed is None else str(consumed),
    }


def _verdicts(outcomes: Sequence[OutcomeOfPeriod]) -> dict[str, Any]:
    decided = [outcome for _, outcome in outcomes if outcome.verdict in _DECIDED]
    kept_targets = compute_kept_targets(outcome.assessment.ratio for outcome in decided if outcome.assessment.ratio)
    return {
        "judged": len(decided),
        "missed": _periods_with((ObjectiveVerdict.MISSED,), outcomes),
        "kept_in_all": _format_target(kept_targets.in_all),
        "kept_in_95_percent": _format_target(kept_targets.in_95_percent),
    }


def _periods_with(verdicts: Collection[ObjectiveVerdict], outcomes: Sequence[OutcomeOfPeriod]) -> list[str]:
    return [period_key for period_key, outcome in outcomes if outcome.verdict in verdicts]


def _format_target(target: int | None) -> str | None:
    return None if target is None else format_decimal(Decimal(target).scaleb(-4))
