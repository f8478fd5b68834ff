"""Taking what Alertmanager tells: firings are kept, incidents follow, and closed periods that saw it otherwise."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from common.errors import Invalid, Malformed, RuleBroken
from common.work import Work
from sla.alerts import notification, store
from sla.alerts.model import AlertFiring, Stretch, differing
from sla.corrections.actions import note
from sla.incidents.actions import take_alert
from sla.incidents.alerts import Alert, AlertState

RECENT = timedelta(minutes=10)
"""No period is closed so soon after its end."""
LATE = "An alert that is taken for downtime was told, or ended, after the period was closed."

log = structlog.get_logger(__name__)


class AlertsRefused(Malformed, slug="alerts-refused"):
    """Some alerts break a rule; all others are kept, and sending these again does not help."""


@dataclass(slots=True)
class Taken:
    firing: int = 0
    resolved: int = 0
    left_out: int = 0
    incidents: set[UUID] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    @property
    def problem(self) -> AlertsRefused | None:
        if not self.refused:
            return None
        named, _, why = self.refused[0].partition(": ")
        more = f"; and {len(self.refused) - 1} more" if len(self.refused) > 1 else ""
        return AlertsRefused(why + more, field=named)


async def take(work: Work, body: bytes) -> Taken:
    """Raise AlertsUnreadable. Whatever breaks no rule is kept, in any order and however often it is told."""
    told = notification.read(body, work.now)
    taken = Taken(left_out=told.left_out, refused=list(told.refused))
    if told.left_out:
        log.warning("alerts_left_out_by_alertmanager", count=told.left_out)
    await store.hold(work)
    for alert in told.alerts:
        await _take_one(work, alert, taken)
    return taken


async def _take_one(work: Work, alert: Alert, taken: Taken) -> None:
    try:
        async with work.session.begin_nested():
            firing = await _keep(work, alert)
            incidents = await take_alert(work, replace(alert, starts_at=firing.told_from))
    except RuleBroken as rule:
        taken.refused.append(f"alerts: {alert.fingerprint}: {rule.message}")
        return
    taken.incidents |= {incident.id for incident in incidents}
    taken.firing += alert.state is AlertState.FIRING
    taken.resolved += alert.state is AlertState.RESOLVED


async def _keep(work: Work, alert: Alert) -> AlertFiring:
    firing = await store.told_before(work, alert.fingerprint, alert.starts_at, alert.ends_at)
    before = firing.span(work.now) if firing else None
    if firing and firing.began_after(alert.ends_at):
        firing.starts_at = firing.told_from
        await _correct(work, firing, before)
        firing = before = None
    if firing:
        firing.learn(alert.starts_at, alert.ends_at)
    else:
        firing = _new(alert)
        work.add(firing)
    await work.flush()
    await _correct(work, firing, before)
    return firing


def _new(alert: Alert) -> AlertFiring:
    return AlertFiring(
        fingerprint=alert.fingerprint,
        told_from=alert.starts_at,
        starts_at=alert.starts_at,
        ends_at=alert.ends_at,
        labels=dict(alert.labels),
        annotations=dict(alert.annotations),
    )


async def end(work: Work, firing_id: UUID, match: int, ended_at: datetime, reason: str) -> AlertFiring:
    """By hand, where Alertmanager will not tell it any more."""
    await store.hold(work)
    firing = await work.get(AlertFiring, firing_id, match=match)
    if ended_at > work.now:
        raise Invalid("lies ahead", field="ended_at")
    before = firing.span(work.now)
    firing.end(ended_at, work.principal.subject, reason)
    await work.flush()
    await _correct(work, firing, before)
    over = Alert(firing.fingerprint, firing.told_from, ended_at, AlertState.RESOLVED, firing.texts, {})
    await take_alert(work, over)
    return firing


async def _correct(work: Work, firing: AlertFiring, before: Stretch | None) -> None:
    """Have closed periods looked at again that took something else for downtime."""
    changed = differing(before, firing.span(work.now))
    if changed is None or not changed[0] < min(changed[1], work.now - RECENT):
        return
    for agreement_id in await store.drawing_on(work, firing.texts):
        note(work, agreement_id, *changed, LATE)
