"""The events of an improvement, and the notices to the customers of its sources."""

from decimal import Decimal
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import ImprovementImplemented, ImprovementProposed, ImprovementRejected, ImprovementVerified
from sla.improvements.effect.verdict import EffectFinding
from sla.improvements.model import Improvement, NoticeOccasion, SourceKind


def emit_proposed(work: UnitOfWork, improvement: Improvement) -> None:
    work.emit(ImprovementProposed.from_entity(improvement, **_source_ids(improvement)))


def emit_rejected(work: UnitOfWork, improvement: Improvement, reason: str) -> None:
    improvement.add_notices(NoticeOccasion.REJECTED)
    work.emit(ImprovementRejected.from_entity(improvement, reason=reason, rejected_at=work.now))


def emit_implemented(work: UnitOfWork, improvement: Improvement) -> None:
    improvement.add_notices(NoticeOccasion.IMPLEMENTED)
    work.emit(ImprovementImplemented.from_entity(improvement, **_source_ids(improvement)))


def emit_verified(work: UnitOfWork, improvement: Improvement, finding: EffectFinding) -> None:
    improvement.add_notices(NoticeOccasion.VERIFIED)
    fit = finding.effect
    work.emit(
        ImprovementVerified.from_entity(
            improvement,
            because=" ".join(finding.because),
            effect=_rounded(fit.effect) if fit else None,
            low=_rounded(fit.low) if fit else None,
            high=_rounded(fit.high) if fit else None,
            scale=improvement.parsed_registration.scale,
            before=fit.before if fit else 0,
            after=fit.after if fit else 0,
            **_source_ids(improvement),
        )
    )


def _source_ids(improvement: Improvement) -> dict[str, tuple[UUID, ...]]:
    return {
        "issue_ids": improvement.source_ids(SourceKind.ISSUE),
        "survey_ids": improvement.source_ids(SourceKind.SURVEY),
    }


def _rounded(value: float) -> Decimal:
    return round(Decimal(value), 4)
