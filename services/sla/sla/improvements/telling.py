"""What is told of improvements, and to whom: those who had the issue, or gave the low score."""

from decimal import Decimal
from uuid import UUID

from common.work import Work
from published.sla import (
    ImprovementImplemented,
    ImprovementProposed,
    ImprovementRejected,
    ImprovementVerified,
)
from sla.improvements.model import Improvement, Occasion, SourceKind
from sla.improvements.verdict import Finding


def proposed(work: Work, improvement: Improvement) -> None:
    work.emit(
        ImprovementProposed(
            improvement_id=improvement.id,
            title=improvement.title,
            customer_ids=improvement.customer_ids,
            **_subjects(improvement),
            proposed_at=improvement.proposed_at,
        )
    )


def rejected(work: Work, improvement: Improvement, reason: str) -> None:
    improvement.owe(Occasion.REJECTED)
    work.emit(
        ImprovementRejected(
            improvement_id=improvement.id,
            title=improvement.title,
            customer_ids=improvement.customer_ids,
            reason=reason,
            rejected_at=work.now,
        )
    )


def implemented(work: Work, improvement: Improvement) -> None:
    improvement.owe(Occasion.IMPLEMENTED)
    work.emit(
        ImprovementImplemented(
            improvement_id=improvement.id,
            title=improvement.title,
            customer_ids=improvement.customer_ids,
            **_subjects(improvement),
            implemented_at=improvement.implemented_at or work.now,
            verify_at=improvement.verify_at,
        )
    )


def verified(work: Work, improvement: Improvement, finding: Finding) -> None:
    improvement.owe(Occasion.VERIFIED)
    fit = finding.effect
    work.emit(
        ImprovementVerified(
            improvement_id=improvement.id,
            title=improvement.title,
            verdict=finding.verdict,
            because=" ".join(finding.because),
            effect=_rounded(fit.effect) if fit else None,
            low=_rounded(fit.low) if fit else None,
            high=_rounded(fit.high) if fit else None,
            scale=improvement.registered.scale,
            before=fit.before if fit else 0,
            after=fit.after if fit else 0,
            customer_ids=improvement.customer_ids,
            **_subjects(improvement),
            verified_at=work.now,
        )
    )


def _subjects(improvement: Improvement) -> dict[str, tuple[UUID, ...]]:
    return {
        "issue_ids": improvement.subjects(SourceKind.ISSUE),
        "survey_ids": improvement.subjects(SourceKind.SURVEY),
    }


def _rounded(value: float) -> Decimal:
    return round(Decimal(value), 4)
