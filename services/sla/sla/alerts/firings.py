"""Records the reports of alerts: the firings that they make, their incidents, and corrections of closed periods."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.alerts import store
from sla.alerts.incidents_of_alerts import cancel_incidents, update_incidents
from sla.alerts.model import AlertFiring, FiringInterval, changed_interval
from sla.alerts.reports import ReportedAlert, ReportedEnds, group_reports, with_report
from sla.corrections.store import record_correction

MIN_CLOSING_DELAY = timedelta(minutes=10)
"""No period is closed so soon after its end."""
LATE_ALERT_REASON = "An alert that counts as downtime was reported, or ended, after the period was closed."


async def record_reports(work: UnitOfWork, source: str, alerts: Sequence[ReportedAlert]) -> set[UUID]:
    """Record reports of different alerts, in any order and however often they are sent, in one set: what a report costs
    is mostly its statements. Return the incidents that change.
    """
    touched = await store.load_touched_firings(work, source, alerts)
    changes = [
        _merge_report(work, source, alert, firings)
        for alert in alerts
        if not _is_known(alert, firings := touched.get(alert.fingerprint, []))
    ]
    await work.flush()
    await record_corrections(work, [correction for change in changes for correction in change.list_corrections(work)])
    incident_ids = await update_incidents(work, [firing for change in changes for firing in change.firings])
    for firing in (firing for change in changes for firing in change.removed):
        incident_ids.update(await cancel_incidents(work, firing))
        await work.session.delete(firing)
    recovered = [alert.fingerprint for alert in alerts if alert.is_recovery]
    await store.delete_surplus_recoveries(work, source, recovered)
    return incident_ids


def _is_known(alert: ReportedAlert, touched: Sequence[AlertFiring]) -> bool:
    """Return whether the alert is, from now on, as it was reported before."""
    is_firing = any(firing.ends_at is None for firing in touched)
    return alert.is_in_time and alert.expires_at is None and is_firing is not alert.is_recovery


class Correction(NamedTuple):
    """A firing whose interval has perhaps changed."""

    firing: AlertFiring
    before: FiringInterval | None
    after: FiringInterval


class _Change(NamedTuple):
    """The firings that a report touched, and those that it left."""

    before: Mapping[UUID, FiringInterval]
    """When those fired."""
    firings: Sequence[AlertFiring]
    """Those that are left, or new."""
    removed: Sequence[AlertFiring]
    """Those that turned out to be parts of others."""

    def list_corrections(self, work: UnitOfWork) -> list[Correction]:
        stay = [Correction(firing, self.before.get(firing.id), firing.interval(work.now)) for firing in self.firings]
        return stay + [Correction(firing, None, self.before[firing.id]) for firing in self.removed]


def _merge_report(work: UnitOfWork, source: str, alert: ReportedAlert, touched: Sequence[AlertFiring]) -> _Change:
    before = {firing.id: firing.interval(work.now) for firing in touched}
    firings = _merge(work, source, alert, touched)
    return _Change(before, firings, [firing for firing in touched if firing not in firings])


def _merge(work: UnitOfWork, source: str, alert: ReportedAlert, touched: Sequence[AlertFiring]) -> list[AlertFiring]:
    """Merge the report into the firings that it touches, and return those that are left of them, or are new."""
    containing = [firing for firing in touched if firing.contains(alert.starts_at, alert.ends_at)]
    ended_by_hand = next((firing for firing in containing if firing.ended_by is not None), None)
    if ended_by_hand is not None:
        ended_by_hand.set_reports(with_report(ended_by_hand.reports, alert.starts_at, None))
        return list(touched)
    ends_at = alert.ends_at
    for firing in containing:
        is_last = firing is touched[-1] and len(containing) == 1
        if ends_at is None and is_last and firing.fires_again(alert, work.now):
            firing.withdraw_end()
        if ends_at is not None:
            ends_at = firing.standing_end(ends_at)
    merged = [firing for firing in touched if firing.ended_by is None]
    reports: ReportedEnds = {start: end for firing in merged for start, end in firing.reports.items()}
    groups = group_reports(with_report(reports, alert.starts_at, ends_at))
    firings = [_assign_reports(work, source, alert, group, merged) for group in groups]
    reported = next((firing for firing in firings if firing.contains(alert.starts_at, ends_at)), firings[-1])
    reported.is_reported_firing |= alert.ends_at is None or any(firing.is_reported_firing for firing in containing)
    if ends_at is not None:
        reported.end_reported_at = work.now
    elif alert.ends_at is None and reported.ends_at is None:
        reported.expires_at = alert.expires_at
    return [*firings, *(firing for firing in touched if firing.ended_by is not None)]


def _assign_reports(
    work: UnitOfWork, source: str, alert: ReportedAlert, reports: ReportedEnds, merged: Sequence[AlertFiring]
) -> AlertFiring:
    """Give the reports of one firing to the oldest that began with one of them, or else to a new one."""
    owners = (firing for firing in merged if firing.first_starts_at in reports)
    firing = min(owners, key=lambda firing: (not firing.has_length, firing.id), default=None)
    if firing is None:
        firing = AlertFiring(source=source, fingerprint=alert.fingerprint, incident_ids=[], is_reported_firing=False)
        firing.describe(alert, reports)
        firing.set_reports(reports)
        work.add(firing)
    elif firing.reports != reports:
        if not firing.has_length and not firing.incident_ids:
            firing.describe(alert, reports)
        firing.set_reports(reports)
    return firing


async def record_corrections(work: UnitOfWork, corrections: Sequence[Correction]) -> None:
    """Have the closed periods restated whose downtime changed."""
    changed = [
        (correction.firing.labels, interval)
        for correction in corrections
        if (interval := changed_interval(correction.before, correction.after)) is not None
        and interval[0] < min(interval[1], work.now - MIN_CLOSING_DELAY)
    ]
    affected = await store.list_affected_agreement_ids(work, [labels for labels, _ in changed])
    for (_, interval), agreement_ids in zip(changed, affected, strict=True):
        for agreement_id in agreement_ids:
            record_correction(work, agreement_id, *interval, LATE_ALERT_REASON)
