"""Tells when an indicator of which samples should come goes silent, and when it is heard of again."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from common.service import Duty, Runtime
from common.setbacks import Chore
from common.work import Work
from published.sla import IndicatorResumed, IndicatorWentSilent
from sla.indicators import store
from sla.indicators.definition import ALERT
from sla.indicators.model import IndicatorActivity

NAME = "indicator-silence"
EVERY = timedelta(seconds=20)
AT_ONCE = 50


async def watch(work: Work) -> None:
    await _tell(work, await store.turned(work))


async def _tell(work: Work, indicator_ids: Sequence[UUID]) -> None:
    for heard in await store.heard_again(work, indicator_ids):
        heard.silent_since = None
        work.emit(IndicatorResumed(indicator_id=heard.indicator_id, resumed_at=heard.last_received_at or work.now))
    for indicator, entry in await store.gone_silent(work, indicator_ids):
        if indicator.definition.metrics == {ALERT}:  # no news is good news
            continue
        known = entry or IndicatorActivity(indicator_id=indicator.id)
        known.silent_since = work.now
        work.add(known)
        work.emit(
            IndicatorWentSilent(
                indicator_id=indicator.id, name=indicator.name, last_seen=known.last_received_at, noticed_at=work.now
            )
        )


async def _watch(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        turned = await store.turned(work)
    await Chore(runtime, NAME, _tell, at_once=AT_ONCE).each(turned)


def duty() -> Duty:
    return Duty(NAME, EVERY, _watch)
