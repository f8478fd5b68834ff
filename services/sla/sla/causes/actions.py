"""Recording, changing and eliminating causes."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.causes.model import Cause
from sla.causes.views import CauseChange, NewCause


async def record(work: UnitOfWork, new_cause: NewCause) -> Cause:
    cause = Cause(**new_cause.model_dump())
    cause.check_known_error()
    work.add(cause)
    await work.flush()
    return cause


async def change(work: UnitOfWork, cause_id: UUID, match: int, change: CauseChange) -> Cause:
    cause = await work.get(Cause, cause_id, match=match)
    cause.check_not_eliminated()
    change.apply_to(cause)
    cause.check_known_error()
    await work.flush()
    return cause


async def eliminate(work: UnitOfWork, cause_id: UUID) -> Cause:
    cause = await work.get(Cause, cause_id, lock=True)
    cause.eliminate(work.now)
    await work.flush()
    return cause
