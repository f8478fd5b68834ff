"""Define, change and retire indicators, and request that their samples are rolled up again."""

from uuid import UUID

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.indicators.errors import IndicatorAlreadyMeasured
from sla.indicators.model import Indicator, IndicatorActivity, Refold
from sla.indicators.views import IndicatorChange, NewIndicator, NewRefold

FIELDS_THAT_MEASURE = frozenset({"good_when", "threshold", "holds_for", "counters", "series"})
"""Fields whose change would change minutes that are measured already."""


async def define(work: UnitOfWork, body: NewIndicator, *, indicator_id: UUID | None = None) -> Indicator:
    """Define an indicator and roll up what was pushed before, as far back as the log of pushes goes."""
    return await _save_and_refold(work, Indicator(**body.model_dump(), id=indicator_id or new_id()))


async def change(work: UnitOfWork, indicator_id: UUID, match: int, body: IndicatorChange) -> Indicator:
    """Change the fields that were sent. Raise IndicatorAlreadyMeasured for those that measure, once there are samples.

    If what is measured changes, what was pushed before is rolled up again.
    """
    indicator = await work.get(Indicator, indicator_id, match=match)
    indicator.check_not_retired()
    definition = body.model_dump(include=set(FIELDS_THAT_MEASURE), exclude_unset=True)
    redefined = {name for name, value in definition.items() if getattr(indicator, name) != value}
    activity = await work.session.get(IndicatorActivity, indicator_id) if redefined else None
    if activity is not None and activity.last_sample_at is not None:
        raise IndicatorAlreadyMeasured("The indicator has samples already.", field=min(redefined))
    body.apply_to(indicator)
    return await _save_and_refold(work, indicator) if redefined else indicator


async def _save_and_refold(work: UnitOfWork, indicator: Indicator) -> Indicator:
    indicator.definition.check()
    work.add(indicator)
    await work.flush()
    await request_refold(work, indicator.id, NewRefold())
    return indicator


async def retire(work: UnitOfWork, indicator_id: UUID, match: int) -> Indicator:
    """Retire an indicator: it takes no sample later than now, and keeps what it measured."""
    indicator = await work.get(Indicator, indicator_id, match=match)
    indicator.retire(work.now)
    return indicator


async def request_refold(work: UnitOfWork, indicator_id: UUID, body: NewRefold) -> Refold:
    """Request that the samples still in the log of pushes are rolled up again; the minutes must come out the same."""
    indicator = await work.get(Indicator, indicator_id)
    requested_by = work.principal.subject
    refold = Refold(**body.model_dump(), indicator_id=indicator.id, created_at=work.now, requested_by=requested_by)
    work.add(refold)
    await work.flush()
    return refold
