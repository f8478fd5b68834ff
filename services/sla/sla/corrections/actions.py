"""Record that closed periods may have to be restated."""

from datetime import datetime
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.corrections.model import CorrectionDue


def record_correction(
    work: UnitOfWork, agreement_id: UUID, window_from: datetime, window_to: datetime, reason: str
) -> None:
    """Record it in the transaction of its cause; the restatement job restates the periods that come out differently."""
    work.add(
        CorrectionDue(
            agreement_id=agreement_id,
            window_from=window_from,
            window_to=window_to,
            reason=reason,
            noted_at=work.now,
        )
    )
