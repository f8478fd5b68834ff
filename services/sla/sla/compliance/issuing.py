"""What follows from an evaluation: the statement's document, the events that tell of it, the breaches it shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from common.ids import new_id
from published.sla import ObjectiveBreached, ObjectiveResult, StatementIssued
from sla.agreements.periods import Period
from sla.agreements.store import Promise
from sla.compliance.document import FORMAT, result_of, sha256_of, written
from sla.compliance.evaluation import Evaluation, Outcome, Verdict
from sla.compliance.model import Statement
from sla.compliance.ratios import Ratio
from sla.issues.triage import Breach


@dataclass(frozen=True, slots=True)
class Correction:
    """Why a statement replaces the one before of the same period, and in what they differ."""

    replaces: Statement
    reason: str
    differences: list[dict[str, Any]]


def statement_of(
    promise: Promise,
    period: Period,
    evaluation: Evaluation,
    last: Statement | None,
    correction: Correction | None,
    by: tuple[str, datetime],
) -> Statement:
    """The next link of the agreement's chain; `by`: who issues it, and when."""
    number, previous = (last.number + 1, last.sha256) if last else (1, None)
    statement = Statement(
        id=new_id(),
        agreement_id=promise.agreement_id,
        customer_id=promise.customer_id,
        number=number,
        period=period.key,
        period_from=period.start,
        period_to=period.end,
        revision=correction.replaces.revision + 1 if correction else 1,
        previous_sha256=previous,
        issued_at=by[1],
    )
    statement.document = _document(statement, promise, evaluation, correction, by[0])
    statement.sha256 = sha256_of(statement.document)
    return statement


def _document(
    statement: Statement, promise: Promise, evaluation: Evaluation, correction: Correction | None, actor: str
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "statement_id": str(statement.id),
        "agreement_id": str(statement.agreement_id),
        "agreement_name": promise.terms.name,
        "agreement_version": promise.version,
        "terms_sha256": promise.terms_sha256,
        "customer_id": str(statement.customer_id),
        "service_name": promise.service_name,
        "number": statement.number,
        "period": statement.period,
        "period_from": written(statement.period_from),
        "period_to": written(statement.period_to),
        "timezone": promise.terms.service_hours.timezone,
        "revision": statement.revision,
        "correction": _correction(correction),
        "issued_at": written(statement.issued_at),
        "issued_by": actor,
        "previous_sha256": statement.previous_sha256,
        "result": result_of(evaluation),
    }


def _correction(correction: Correction | None) -> dict[str, Any] | None:
    if correction is None:
        return None
    return {
        "replaces_sha256": correction.replaces.sha256,
        "reason": correction.reason,
        "differences": correction.differences,
    }


def issued(statement: Statement, promise: Promise, evaluation: Evaluation) -> StatementIssued:
    credit = evaluation.credit
    return StatementIssued(
        agreement_id=statement.agreement_id,
        statement_id=statement.id,
        customer_id=statement.customer_id,
        agreement_name=promise.terms.name,
        service_name=promise.service_name,
        period_from=statement.period_from,
        period_to=statement.period_to,
        revision=statement.revision,
        performance=_percent(evaluation.performance),
        met=evaluation.met,
        objectives=tuple(_objective_result(outcome) for outcome in evaluation.outcomes),
        credit=credit,
        currency=statement.result["currency"],
        sha256=statement.sha256,
        issued_at=statement.issued_at,
    )


def _objective_result(outcome: Outcome) -> ObjectiveResult:
    found = outcome.found
    verdicts = {Verdict.MET: True, Verdict.MISSED: False}
    return ObjectiveResult(
        objective_id=outcome.objective.id,
        name=outcome.objective.name,
        target=outcome.objective.target,
        attained=found.attained,
        met=verdicts.get(outcome.verdict),
        budget_remaining=found.budget.remaining.percent(3) if found.budget else None,
        coverage=_percent(found.coverage),
    )


def breaches(
    statement: Statement, promise: Promise, evaluation: Evaluation
) -> Iterator[tuple[Breach, ObjectiveBreached]]:
    """Of each missed objective, what the triage reads and what is told."""
    weights = sum((objective.weight for objective in promise.terms.objectives), Decimal(0))
    for outcome in evaluation.outcomes:
        if outcome.verdict is Verdict.MISSED and outcome.found.attained is not None:
            yield (
                _breach(statement, promise, outcome, outcome.found.attained, weights),
                _breached(statement, outcome, outcome.found.attained),
            )


def _breach(statement: Statement, promise: Promise, outcome: Outcome, attained: Decimal, weights: Decimal) -> Breach:
    return Breach(
        agreement_id=statement.agreement_id,
        customer_id=statement.customer_id,
        statement_id=statement.id,
        service_id=promise.service_id,
        service_name=promise.service_name,
        objective_id=outcome.objective.id,
        objective_name=outcome.objective.name,
        indicator_id=outcome.objective.indicator_id,
        period_from=statement.period_from,
        period_to=statement.period_to,
        target=outcome.objective.target,
        attained=attained,
        weight_share=round(100 * outcome.objective.weight / weights, 2),
    )


def _breached(statement: Statement, outcome: Outcome, attained: Decimal) -> ObjectiveBreached:
    return ObjectiveBreached(
        agreement_id=statement.agreement_id,
        statement_id=statement.id,
        customer_id=statement.customer_id,
        objective_id=outcome.objective.id,
        objective_name=outcome.objective.name,
        period_from=statement.period_from,
        period_to=statement.period_to,
        target=outcome.objective.target,
        attained=attained,
    )


def _percent(ratio: Ratio | None) -> Decimal | None:
    return ratio.percent(4) if ratio else None
