"""Announce, approve, carry out and cancel planned maintenance."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import MaintenanceAnnounced, MaintenanceApproved, MaintenanceCancelled, MaintenanceFinished
from sla.agreements import store as agreements
from sla.agreements.states import Side
from sla.corrections.store import record_correction
from sla.exclusions.maintenance import store
from sla.exclusions.maintenance.errors import MaintenanceTargetUnknown
from sla.exclusions.maintenance.model import Maintenance, MaintenanceTarget
from sla.exclusions.maintenance.states import MaintenanceState
from sla.exclusions.maintenance.views import ChangedWindows, NewMaintenance
from sla.hours.spans import Span, to_datetime, to_microseconds, union


async def announce(work: UnitOfWork, body: NewMaintenance) -> Maintenance:
    targets = body.affects.by_kind()
    for kind, ids in targets.items():
        if unknown_ids := await work.find_unknown_ids(store.TARGET_COLUMNS[kind], ids):
            raise MaintenanceTargetUnknown(f"There is no {kind} {min(unknown_ids)}.", field="affects")
    maintenance = Maintenance(
        title=body.title,
        reason=body.reason,
        entered_afterwards=body.entered_afterwards,
        recurrence=body.recurrence_document,
        state=MaintenanceState.ANNOUNCED,
        affects=[MaintenanceTarget(kind=kind, target_id=key) for kind, ids in targets.items() for key in ids],
        announcements=[],
        windows=[],
    )
    work.add(maintenance)
    await _announce_windows(work, maintenance, body.spans)
    return maintenance


async def change_windows(work: UnitOfWork, maintenance_id: UUID, match: int, body: ChangedWindows) -> Maintenance:
    """Announce what is added anew, and take back what is left out."""
    maintenance = await store.get_maintenance(work, maintenance_id, match=match)
    maintenance.recurrence = body.recurrence_document
    await _announce_windows(work, maintenance, body.spans)
    return maintenance


async def decide(work: UnitOfWork, maintenance_id: UUID, refused_because: str | None) -> Maintenance:
    """Approve the newest announcement for one's side or, with a reason, refuse it."""
    maintenance = await store.get_maintenance(work, maintenance_id, lock=True)
    party = agreements.acting_party(work)
    customer_id = work.principal.customer_id if party.side is Side.CUSTOMER else None
    maintenance.decide(party, customer_id, refused_because, work.now)
    if refused_because is None:
        work.emit(MaintenanceApproved.from_entity(maintenance, customer_id=customer_id, approved_at=work.now))
        newest = maintenance.announcements[-1]
        spans = [window.span for window in maintenance.current_windows if window.announcement is newest]
        await _record_corrections(work, maintenance, spans, f"Planned maintenance was approved: {maintenance.title}")
    return maintenance


async def start(work: UnitOfWork, maintenance_id: UUID) -> Maintenance:
    maintenance = await store.get_maintenance(work, maintenance_id, lock=True)
    maintenance.start(work.now)
    return maintenance


async def finish(work: UnitOfWork, maintenance_id: UUID) -> Maintenance:
    maintenance = await store.get_maintenance(work, maintenance_id, lock=True)
    maintenance.finish(work.now)
    work.emit(MaintenanceFinished.from_entity(maintenance, finished_at=work.now))
    return maintenance


async def cancel(work: UnitOfWork, maintenance_id: UUID, reason: str) -> Maintenance:
    maintenance = await store.get_maintenance(work, maintenance_id, lock=True)
    maintenance.cancel(reason, work.now)
    work.emit(MaintenanceCancelled.from_entity(maintenance, reason=reason, cancelled_at=work.now))
    spans = [window.span for window in maintenance.current_windows]
    await _record_corrections(work, maintenance, spans, f"Planned maintenance was cancelled: {maintenance.title}")
    return maintenance


async def _announce_windows(work: UnitOfWork, maintenance: Maintenance, windows: Sequence[Span]) -> None:
    changed_spans = maintenance.announce(union(windows), work.principal.subject, work.now)
    await work.flush()
    affected = await store.list_affected_agreements(work, maintenance.id)
    work.emit(
        MaintenanceAnnounced.from_entity(
            maintenance,
            announcement=maintenance.announcements[-1].number,
            windows=maintenance.current_windows,
            **maintenance.target_ids(),
            customer_ids=tuple(sorted({agreement.customer_id for agreement in affected})),
            announced_at=maintenance.changed_at,
        )
    )
    reason = f"The windows of planned maintenance changed: {maintenance.title}"
    await _record_corrections(work, maintenance, changed_spans, reason)


async def _record_corrections(work: UnitOfWork, maintenance: Maintenance, spans: Iterable[Span], reason: str) -> None:
    """Record corrections of closed periods for the spans that have begun; time still to come is in no closed period."""
    begun = [span for span in spans if span.start < to_microseconds(work.now)]
    if begun:
        start, end = to_datetime(min(begun).start), to_datetime(max(span.end for span in begun))
        for agreement in await store.list_affected_agreements(work, maintenance.id):
            record_correction(work, agreement.id, start, end, reason)
