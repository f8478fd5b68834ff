"""The periodic job that reports when an indicator goes silent, and when samples arrive again."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from common.jobs.due_rows import batch_job
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork
from published.sla import IndicatorResumed, IndicatorWentSilent
from sla.indicators import store
from sla.indicators.definition import ALERT_METRIC
from sla.indicators.model import IndicatorActivity

JOB_NAME = "indicator-silence"
INTERVAL = timedelta(seconds=20)
BATCH_SIZE = 50


async def emit_silence_changes(work: UnitOfWork, indicator_ids: Collection[UUID]) -> None:
    """Emit an event for each of the indicators that went silent or resumed."""
    for indicator, known_activity in await store.list_changed_silence(work, indicator_ids):
        activity = known_activity or IndicatorActivity(indicator_id=indicator.id)
        if activity.silent_since is not None:
            activity.silent_since = None
            resumed_at = activity.last_received_at or work.now
            work.emit(IndicatorResumed(indicator_id=indicator.id, resumed_at=resumed_at))
        elif indicator.definition.metric_names != {ALERT_METRIC}:  # of alerts, no news is good news
            activity.silent_since = work.now
            work.add(activity)
            last_seen, name = activity.last_received_at, indicator.name
            work.emit(
                IndicatorWentSilent(indicator_id=indicator.id, name=name, last_seen=last_seen, noticed_at=work.now)
            )


def periodic_job() -> PeriodicJob:
    return batch_job(JOB_NAME, INTERVAL, store.list_ids_with_changed_silence, emit_silence_changes, BATCH_SIZE)
