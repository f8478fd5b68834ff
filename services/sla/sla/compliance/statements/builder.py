"""Build what follows from an evaluation: the signed statement, its events, and the breaches it shows."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any
from uuid import UUID

from common.canonical_json import hash_canonical_json
from common.ids import new_id
from published.sla import ObjectiveCleared, ObjectiveResult, StatementIssued
from sla.agreements.review_periods import local_day
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
from sla.compliance.statements.store import ChainLink
from sla.hours.time_zones import time_zone_database_version
from sla.issues.origins import Breach

_SOFTWARE_VERSION = version("sla")


@dataclass(frozen=True, slots=True)
class StatementCorrection:
    """Why a statement replaces the one before of the same period, and in what they differ."""

    replaces: Statement
    reason: str
    differences: list[dict[str, Any]]

    def to_document(self, result: dict[str, Any]) -> dict[str, Any]:
        return {
            "replaces_sha256": self.replaces.sha256,
            "reason": self.reason,
            "changes": compute_changes(self.replaces.result, result),
            "differences": self.differences,
        }


@dataclass(frozen=True, slots=True)
class StatementIssuer:
    """Builds the next link of the chain of each agreement, signed."""

    actor: str
    issued_at: datetime
    signer: Signer
    chain_ends: Mapping[UUID, ChainLink]
    """By agreement; those without a statement have none."""

    def build_statement(
        self, reviewed: ReviewedPeriod, evaluation: PeriodEvaluation, correction: StatementCorrection | None = None
    ) -> Statement:
        agreement, period = reviewed.agreement, reviewed.period
        chain_end = self.chain_ends.get(agreement.agreement_id)
        statement = Statement(
            id=new_id(),
            agreement_id=agreement.agreement_id,
            customer_id=agreement.customer_id,
            number=chain_end.number + 1 if chain_end else 1,
            period=period.key,
            period_from=period.start,
            period_to=period.end,
            evidence_from=min(period.start, *(outcome.window.start for outcome in evaluation.outcomes)),
            revision=correction.replaces.revision + 1 if correction else 1,
            previous_sha256=chain_end.sha256 if chain_end else None,
            issued_at=self.issued_at,
            kid=self.signer.kid,
        )
        statement.document = self._build_document(statement, reviewed, evaluation, correction)
        statement.sha256 = hash_canonical_json(statement.document)
        statement.signature = self.signer.sign(statement.sha256)
        return statement

    def _build_document(
        self,
        statement: Statement,
        reviewed: ReviewedPeriod,
        evaluation: PeriodEvaluation,
        correction: StatementCorrection | None,
    ) -> dict[str, Any]:
        binding, result = reviewed.binding, build_result(evaluation)
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
            "correction": correction.to_document(result) if correction else None,
            "issued_at": format_datetime(statement.issued_at),
            "issued_by": self.actor,
            "claim_by": _claim_by(evaluation, self.issued_at),
            "computed_with": {"sla": _SOFTWARE_VERSION, "tzdata": time_zone_database_version()},
            "key_id": statement.kid,
            "previous_sha256": statement.previous_sha256,
            "result": result,
        }


def _claim_by(evaluation: PeriodEvaluation, issued_at: datetime) -> str | None:
    """Return the last day, local to the service hours, on which a credit can be claimed, or None if there is none."""
    credits_ = evaluation.terms.credits
    if credits_ is None or credits_.claim_within_days is None or not evaluation.credit:
        return None
    return (local_day(evaluation.terms, issued_at) + timedelta(days=credits_.claim_within_days)).isoformat()


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
        objective, attained = outcome.objective, outcome.assessment.attained
        if outcome.verdict is ObjectiveVerdict.MISSED and attained is not None:
            yield Breach(
                **reviewed.agreement._asdict(),
                statement_id=statement.id,
                objective_id=objective.id,
                objective_name=objective.name,
                indicator_id=indicator_id_of(objective),
                period_from=statement.period_from,
                period_to=statement.period_to,
                target=objective.target,
                attained=attained,
                weight_share=reviewed.binding.terms.compute_weight_share(objective.id),
                credit_percent=outcome.credit_percent(evaluation.terms.credits),
                credit_amount=evaluation.credit_for(outcome),
                currency=statement.result["currency"],
            )


def build_objectives_cleared(
    statement: Statement, missed_before: Collection[str], evaluation: PeriodEvaluation
) -> Iterator[ObjectiveCleared]:
    """Yield an event for each objective that was missed before, and is not according to this statement."""
    for outcome in evaluation.outcomes:
        objective = outcome.objective
        if str(objective.id) in missed_before and str(objective.id) not in statement.missed_objective_ids:
            yield ObjectiveCleared.from_entity(
                statement,
                statement_id=statement.id,
                objective_id=objective.id,
                objective_name=objective.name,
                target=objective.target,
                attained=outcome.assessment.attained,
            )
