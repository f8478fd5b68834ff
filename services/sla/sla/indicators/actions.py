"""Defining indicators, changing and retiring them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.indicators.model import Indicator, IndicatorActivity, IndicatorAlreadyMeasured, Refold
from sla.indicators.views import IndicatorChange, NewIndicator, NewRefold

FIELDS_THAT_MEASURE = frozenset({"good_when", "threshold", "holds_for", "counters", "series"})
"""A change of these would change minutes that are measured already."""


async def define(work: UnitOfWork, wanted: NewIndicator) -> Indicator:
    """What was pushed before is folded as well, as far back as the log of pushes goes."""
    indicator = Indicator(**wanted.model_dump(mode="python", exclude={"series"}), series=_documents(wanted))
    return await _keep(work, indicator)


async def change(work: UnitOfWork, indicator_id: UUID, match: int, wanted: IndicatorChange) -> Indicator:
    indicator = await work.get(Indicator, indicator_id, match=match)
    indicator.check_not_retired()
    values: Mapping[str, Any] = {name: getattr(wanted, name) for name in wanted.model_fields_set}
    changed = {name: value for name, value in values.items() if value is not None}
    if wanted.series is not None:
        changed["series"] = _documents(wanted)
    measures = {name for name in changed.keys() & FIELDS_THAT_MEASURE if getattr(indicator, name) != changed[name]}
    seen = await work.session.get(IndicatorActivity, indicator_id) if measures else None
    if seen is not None and seen.last_sample_at is not None:
        raise IndicatorAlreadyMeasured("Samples were measured by it already.", field=min(measures))
    for name, value in changed.items():
        setattr(indicator, name, value)
    return await _keep(work, indicator) if measures else indicator


async def _keep(work: UnitOfWork, indicator: Indicator) -> Indicator:
    indicator.definition.check()
    work.add(indicator)
    await work.flush()
    _refold(work, indicator)
    return indicator


async def retire(work: UnitOfWork, indicator_id: UUID, match: int) -> Indicator:
    """It takes no sample of later than now; what it measured stays."""
    indicator = await work.get(Indicator, indicator_id, match=match)
    indicator.retire(work.now)
    return indicator


async def request_refold(work: UnitOfWork, indicator_id: UUID, wanted: NewRefold) -> Refold:
    """Fold what the log of pushes still holds once more: it must come out the same."""
    indicator = await work.get(Indicator, indicator_id)
    request = _refold(work, indicator, wanted)
    await work.flush()
    return request


def _refold(work: UnitOfWork, indicator: Indicator, wanted: NewRefold | None = None) -> Refold:
    window_from, window_to = (wanted.window_from, wanted.window_to) if wanted else (None, None)
    request = Refold(
        indicator_id=indicator.id,
        created_at=work.now,
        window_from=window_from,
        window_to=window_to,
        requested_by=work.principal.subject,
    )
    work.add(request)
    return request


def _documents(wanted: NewIndicator | IndicatorChange) -> list[dict[str, Any]]:
    return [rule.model_dump(mode="json") for rule in wanted.series or ()]
