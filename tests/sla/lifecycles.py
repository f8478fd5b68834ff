"""Moving agreements on as the lifecycle job does, at the instant of a unit of work."""

from common.unit_of_work import UnitOfWork
from sla.agreements.lifecycle_job import DUE_AGREEMENTS, advance_lifecycle


async def advance_due_agreements(work: UnitOfWork) -> None:
    for agreement in await DUE_AGREEMENTS.lock(work, await DUE_AGREEMENTS.list_ids(work)):
        await advance_lifecycle(work, agreement)
