"""Build what follows from an evaluation: the signed statement, its events, and the breaches it shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from common.canonical_json import hash_canonical_json
from common.ids import new_id
from published.sla import ObjectiveCleared, ObjectiveResult, StatementIssued
from sla.agreements.review_periods import local_day
from sla.agreements.schedule import Binding
from sla.compliance.evaluation.period_evaluation import (
    ObjectiveOutcome,
    ObjectiveVerdict,
    PeriodEvaluation,
    indicator_id_of,
)
from sla.compliance.evaluation.ratios import rounded_percent
from sla.compliance.statements.document import FORMAT, build_result, compute_changes, format_datetime
from sla.compliance.statements.model import Statement
from sla.compliance.statements.reviewed_period import ReviewedPeriod
from sla.compliance.statements.signing import Signer
from sla.compliance.statements.software_versions import software_versions
from sla.compliance.statements.store import ChainLink
from sla.issues.origins import Breach


@dataclass(frozen=True, slots=True)
class StatementCorrection:
    """Why a statement replaces the one before of the same period, and in what they differ."""

    replaces: Statement
    reason: str
    differences: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class StatementIssuer:
    actor: str
    issued_at: datetime
    signer: Signer


def build_statement(
    reviewed: ReviewedPeriod,
    evaluation: PeriodEvaluation,
    chain_end: ChainLink | None,
    correction: StatementCorrection | None,
    issuer: StatementIssuer,
) -> Statement:
    """Build the next link of the agreement's chain, signed."""
    number, previous_sha256 = (chain_end.number + 1, chain_end.sha256) if chain_end else (1, None)
    agreement, period = reviewed.agreement, reviewed.period
    statement = Statement(
        id=new_id(),
        agreement_id=agreement.agreement_id,
        customer_id=agreement.customer_id,
        number=number,
        period=period.key,
        period_from=period.start,
        period_to=period.end,
        evidence_from=min(period.start, *(outcome.window.start for outcome in evaluation.outcomes)),
        revision=correction.replaces.revision + 1 if correction else 1,
        previous_sha256=previous_sha256,
        issued_at=issuer.issued_at,
        kid=issuer.signer.kid,
    )
    statement.document = _build_document(statement, reviewed, evaluation, correction, issuer)
    statement.sha256 = hash_canonical_json(statement.document)
    statement.signature = issuer.signer.sign(statement.sha256)
    return statement


def _build_document(
    statement: Statement,
    reviewed: ReviewedPeriod,
    evaluation: PeriodEvaluation,
    correction: StatementCorrection | None,
    issuer: StatementIssuer,
) -> dict[str, Any]:
    binding = reviewed.binding
    return {
        "format": FORMAT,
        "statement_id": str(statement.id),
        "agreement_id": str(statement.agreement_id),
        "agreement_name": binding.terms.name,
        "agreement_version": binding.version,
        "terms_sha256": binding.terms_sha256,
        "closure_calendars": [
            {"calendar_id": str(edition.calendar_id), "edition": edition.number, "sha256": edition.sha256}
            for edition in binding.editions
        ],
        "customer_id": str(statement.customer_id),
        "service_name": reviewed.agreement.service_name,
        "number": statement.number,
        "period": statement.period,
        "period_from": format_datetime(statement.period_from),
        "period_to": format_datetime(statement.period_to),
        "timezone": binding.terms.service_hours.timezone,
        "revision": statement.revision,
        "correction": _correction(correction, evaluation),
        "issued_at": format_datetime(statement.issued_at),
        "issued_by": issuer.actor,
        "claim_by": _claim_by(binding, evaluation, issuer.issued_at),
        "computed_with": software_versions(),
        "key_id": statement.kid,
        "previous_sha256": statement.previous_sha256,
        "result": build_result(evaluation),
    }


def _claim_by(binding: Binding, evaluation: PeriodEvaluation, at: datetime) -> str | None:
    """Return the last day, local to the service hours, on which a credit can be claimed, or None if there is none."""
    credits_ = binding.terms.credits
    if credits_ is None or credits_.claim_within_days is None or not evaluation.credit:
        return None
    return (local_day(binding.terms, at) + timedelta(days=credits_.claim_within_days)).isoformat()


def _correction(correction: StatementCorrection | None, evaluation: PeriodEvaluation) -> dict[str, Any] | None:
    if correction is None:
        return None
    return {
        "replaces_sha256": correction.replaces.sha256,
        "reason": correction.reason,
        "changes": compute_changes(correction.replaces.result, build_result(evaluation)),
        "differences": correction.differences,
    }


def build_statement_issued(
    statement: Statement, reviewed: ReviewedPeriod, evaluation: PeriodEvaluation
) -> StatementIssued:
    return StatementIssued.from_entity(
        statement,
        statement_id=statement.id,
        agreement_name=reviewed.binding.terms.name,
        service_name=reviewed.agreement.service_name,
        performance=rounded_percent(evaluation.performance),
        objectives=tuple(_objective_result(outcome) for outcome in evaluation.outcomes),
        credit=evaluation.credit,
        currency=statement.result["currency"],
    )


def _objective_result(outcome: ObjectiveOutcome) -> ObjectiveResult:
    assessment = outcome.assessment
    verdicts = {ObjectiveVerdict.MET: True, ObjectiveVerdict.MISSED: False}
    return ObjectiveResult(
        objective_id=outcome.objective.id,
        name=outcome.objective.name,
        target=outcome.objective.target,
        attained=assessment.attained,
        met=verdicts.get(outcome.verdict),
        budget_remaining=assessment.budget_remaining,
        coverage=assessment.coverage,
        margin=assessment.margin,
    )


def build_breaches(statement: Statement, reviewed: ReviewedPeriod, evaluation: PeriodEvaluation) -> Iterator[Breach]:
    """Yield the breach of each missed objective, as triage reads it."""
    for outcome in evaluation.outcomes:
        attained = outcome.assessment.attained
        if outcome.verdict is ObjectiveVerdict.MISSED and attained is not None:
            yield _build_breach(statement, reviewed, evaluation, outcome, attained)


def build_objectives_cleared(
    statement: Statement, replaced: Statement, evaluation: PeriodEvaluation
) -> Iterator[ObjectiveCleared]:
    """Yield an event for each objective that the replaced statement said was missed, and this one says was not."""
    cleared_ids = replaced.missed_objective_ids - statement.missed_objective_ids
    for outcome in evaluation.outcomes:
        objective = outcome.objective
        if str(objective.id) in cleared_ids:
            yield ObjectiveCleared.from_entity(
                statement,
                statement_id=statement.id,
                objective_id=objective.id,
                objective_name=objective.name,
                target=objective.target,
                attained=outcome.assessment.attained,
            )


def _build_breach(
    statement: Statement,
    reviewed: ReviewedPeriod,
    evaluation: PeriodEvaluation,
    outcome: ObjectiveOutcome,
    attained: Decimal,
) -> Breach:
    terms, objective = reviewed.binding.terms, outcome.objective
    return Breach(
        agreement_id=statement.agreement_id,
        customer_id=statement.customer_id,
        statement_id=statement.id,
        service_id=reviewed.agreement.service_id,
        service_name=reviewed.agreement.service_name,
        objective_id=objective.id,
        objective_name=objective.name,
        indicator_id=indicator_id_of(objective),
        period_from=statement.period_from,
        period_to=statement.period_to,
        target=objective.target,
        attained=attained,
        weight_share=reviewed.weight_share(objective),
        credit_percent=outcome.credit_percent(terms.credits),
        credit_amount=evaluation.credit_for(outcome),
        currency=statement.result["currency"],
    )
