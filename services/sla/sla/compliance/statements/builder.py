"""Build what follows from an evaluation: the signed statement, its events, and the breaches it shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, NamedTuple
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
from sla.compliance.evaluation.ratios import cut_percent
from sla.compliance.statements.document import build_result, compute_changes, format_datetime
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


class StatementIssuer(NamedTuple):
    """The issuer of statements at one instant, with the key that signs them and the chains they continue."""

    actor: str
    issued_at: datetime
    signer: Signer
    chain_ends: Mapping[UUID, ChainLink]
    """By agreement; those without a statement have none."""
    audit_anchor: Mapping[str, Any] | None
    """The newest seal of the audit trail."""


@dataclass(frozen=True, slots=True)
class PeriodReview:
    """A review period as it was evaluated, to be stated for the first time or in place of an earlier statement."""

    reviewed: ReviewedPeriod
    evaluation: PeriodEvaluation
    correction: StatementCorrection | None = None

    @property
    def missed_before(self) -> set[str]:
        """Ids of the objectives that were missed according to the statement that is replaced."""
        return self.correction.replaces.missed_objective_ids if self.correction else set()

    def build_statement(self, issuer: StatementIssuer) -> Statement:
        """Build the next link of the agreement's chain, signed."""
        agreement, period = self.reviewed.agreement, self.reviewed.period
        chain_end = issuer.chain_ends.get(agreement.agreement_id)
        statement = Statement(
            id=new_id(),
            agreement_id=agreement.agreement_id,
            customer_id=agreement.customer_id,
            number=chain_end.number + 1 if chain_end else 1,
            period=period.key,
            period_from=period.start,
            period_to=period.end,
            evidence_from=min(period.start, *(outcome.window.start for outcome in self.evaluation.outcomes)),
            revision=self.correction.replaces.revision + 1 if self.correction else 1,
            previous_sha256=chain_end.sha256 if chain_end else None,
            issued_at=issuer.issued_at,
            kid=issuer.signer.kid,
        )
        statement.document = self._build_document(statement, issuer)
        statement.sha256 = hash_canonical_json(statement.document)
        statement.signature = issuer.signer.sign(statement.sha256)
        return statement

    def _build_document(self, statement: Statement, issuer: StatementIssuer) -> dict[str, Any]:
        binding, result = self.reviewed.binding, build_result(self.evaluation)
        return {
            "format": self.evaluation.version.statement_format,
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
            "service_name": self.reviewed.agreement.service_name,
            "number": statement.number,
            "period": statement.period,
            "period_from": format_datetime(statement.period_from),
            "period_to": format_datetime(statement.period_to),
            "timezone": binding.terms.service_hours.timezone,
            "revision": statement.revision,
            "correction": self.correction.to_document(result) if self.correction else None,
            "issued_at": format_datetime(statement.issued_at),
            "issued_by": issuer.actor,
            "claim_by": _claim_by(self.evaluation, statement.issued_at),
            "computed_with": {"sla": _SOFTWARE_VERSION, "tzdata": time_zone_database_version()},
            "key_id": statement.kid,
            "previous_sha256": statement.previous_sha256,
            "audit_seal": issuer.audit_anchor,
            "result": result,
        }

    def build_issued(self, statement: Statement) -> StatementIssued:
        return StatementIssued.from_entity(
            statement,
            self.reviewed.agreement,
            statement_id=statement.id,
            agreement_name=self.reviewed.terms.name,
            performance=cut_percent(self.evaluation.performance),
            objectives=tuple(build_objective_result(outcome) for outcome in self.evaluation.outcomes),
            credit=self.evaluation.credit,
            currency=statement.result["currency"],
            timezone=self.reviewed.terms.service_hours.timezone,
        )

    def build_breaches(self, statement: Statement) -> Iterator[Breach]:
        """Yield the breach of each missed objective, as triage reads it."""
        for outcome in self.evaluation.outcomes:
            objective, attained = outcome.objective, outcome.assessment.attained
            if outcome.verdict is ObjectiveVerdict.MISSED and attained is not None:
                yield Breach.from_entity(
                    self.reviewed.agreement,
                    statement_id=statement.id,
                    objective_id=objective.id,
                    objective_name=objective.name,
                    indicator_id=indicator_id_of(objective),
                    period_from=statement.period_from,
                    period_to=statement.period_to,
                    target=objective.target,
                    attained=attained,
                    coverage=outcome.assessment.coverage,
                    weight_share=self.reviewed.terms.compute_weight_share(objective.id),
                    credit_percent=outcome.credit_percent(self.evaluation.terms),
                    credit_amount=self.evaluation.credit_for(outcome),
                    currency=statement.result["currency"],
                )

    def build_cleared(self, statement: Statement) -> Iterator[ObjectiveCleared]:
        """Yield an event for each objective that was missed before, and is not according to this statement."""
        cleared_ids = self.missed_before - statement.missed_objective_ids
        for outcome in self.evaluation.outcomes:
            if str(outcome.objective.id) in cleared_ids:
                yield ObjectiveCleared.from_entity(
                    statement,
                    outcome.objective,
                    outcome.assessment,
                    statement_id=statement.id,
                    objective_id=outcome.objective.id,
                    objective_name=outcome.objective.name,
                )


def _claim_by(evaluation: PeriodEvaluation, issued_at: datetime) -> str | None:
    """Return the last day, local to the service hours, on which a credit can be claimed, or None if there is none."""
    credits_ = evaluation.terms.credits
    if credits_ is None or credits_.claim_within_days is None or not evaluation.credit:
        return None
    return (local_day(evaluation.terms, issued_at) + timedelta(days=credits_.claim_within_days)).isoformat()


def build_objective_result(outcome: ObjectiveOutcome) -> ObjectiveResult:
    objective, verdicts = outcome.objective, {ObjectiveVerdict.MET: True, ObjectiveVerdict.MISSED: False}
    return ObjectiveResult.from_entity(
        objective,
        outcome,
        outcome.assessment,
        objective_id=objective.id,
        met=verdicts.get(outcome.verdict),
        warnings=tuple(outcome.warnings),
    )
