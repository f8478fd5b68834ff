"""The periodic job that ends alerts which were posted until a time, and have not been posted again since."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from common.jobs.due_rows import DueRows, batch_job
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork
from sla.alerts.firings import record_reports
from sla.alerts.model import AlertFiring
from sla.alerts.reports import ReportedAlert
from sla.alerts.store import lock_alerts

JOB_NAME = "alert-expiry"
INTERVAL = timedelta(seconds=10)
EXPIRED_FIRINGS = DueRows(AlertFiring, AlertFiring.expires_at)


async def end_expired_firings(work: UnitOfWork, firing_ids: Sequence[UUID]) -> None:
    """End those of the firings that are still expired, as if their senders had said so."""
    await lock_alerts(work)
    for firing in await EXPIRED_FIRINGS.lock(work, firing_ids):
        report = ReportedAlert(
            fingerprint=firing.fingerprint,
            labels=firing.labels,
            annotations=firing.annotations,
            links=firing.links,
            starts_at=firing.starts_at,
            ends_at=firing.expires_at and max(firing.starts_at, firing.expires_at),
        )
        await record_reports(work, firing.source, [report])


def periodic_job() -> PeriodicJob:
    return batch_job(JOB_NAME, INTERVAL, EXPIRED_FIRINGS.list_ids, end_expired_firings)
