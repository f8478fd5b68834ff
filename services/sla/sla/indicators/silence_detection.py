"""Tells when an indicator of which samples should come goes silent, and when it is heard of again."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from common.jobs.retries import JobBatch
from common.service import PeriodicJob, Runtime
from common.unit_of_work import UnitOfWork
from published.sla import IndicatorResumed, IndicatorWentSilent
from sla.indicators import store
from sla.indicators.definition import ALERT_METRIC
from sla.indicators.model import IndicatorActivity

JOB_NAME = "indicator-silence"
INTERVAL = timedelta(seconds=20)
BATCH_SIZE = 50


async def detect_silence(work: UnitOfWork) -> None:
    await _tell(work, await store.list_ids_with_changed_silence(work))


async def _tell(work: UnitOfWork, indicator_ids: Sequence[UUID]) -> None:
    for heard in await store.lock_heard_again(work, indicator_ids):
        heard.silent_since = None
        work.emit(IndicatorResumed(indicator_id=heard.indicator_id, resumed_at=heard.last_received_at or work.now))
    for indicator, entry in await store.list_newly_silent(work, indicator_ids):
        if indicator.definition.metric_names == {ALERT_METRIC}:  # no news is good news
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
        turned = await store.list_ids_with_changed_silence(work)
    await JobBatch(runtime, JOB_NAME, _tell, at_once=BATCH_SIZE).run(turned)


def periodic_job() -> PeriodicJob:
    return PeriodicJob(JOB_NAME, INTERVAL, _watch)
