"""Recording causes, learning more of them, and eliminating them."""

from uuid import UUID

from common.work import Work
from sla.causes.model import Cause
from sla.causes.views import CauseChange, NewCause


async def record(work: Work, wanted: NewCause) -> Cause:
    cause = Cause(**wanted.model_dump())
    cause.check()
    work.add(cause)
    await work.flush()
    return cause


async def change(work: Work, cause_id: UUID, match: int, wanted: CauseChange) -> Cause:
    cause = await work.get(Cause, cause_id, match=match)
    cause.check_acting()
    for name, value in wanted.model_dump(exclude_none=True).items():
        setattr(cause, name, value)
    cause.check()
    await work.flush()
    return cause


async def eliminate(work: Work, cause_id: UUID) -> Cause:
    cause = await work.get(Cause, cause_id, lock=True)
    cause.eliminate(work.now)
    await work.flush()
    return cause
