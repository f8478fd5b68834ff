"""Announcing, approving, doing and cancelling planned maintenance."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import (
    AnnouncedWindow,
    MaintenanceAnnounced,
    MaintenanceApproved,
    MaintenanceCancelled,
    MaintenanceFinished,
)
from sla.agreements import store as agreements
from sla.agreements.model import Agreement
from sla.agreements.states import Side
from sla.corrections.actions import record_correction
from sla.exclusions import store
from sla.exclusions.model import AffectedKind, Maintenance, MaintenanceTarget
from sla.exclusions.states import MaintenanceState, MaintenanceTargetUnknown
from sla.hours.spans import Span, to_datetime, to_microseconds, union

TargetIdsByKind = Mapping[AffectedKind, Collection[UUID]]


async def announce(
    work: UnitOfWork, title: str, reason: str, targets: TargetIdsByKind, windows: Sequence[Span]
) -> Maintenance:
    await _check_targets(work, targets)
    found = Maintenance(
        title=title,
        reason=reason,
        state=MaintenanceState.ANNOUNCED,
        alone_customer_id=await _only_customer(work, targets),
        affects=[MaintenanceTarget(kind=kind, target_id=one) for kind, ids in targets.items() for one in ids],
        announcements=[],
        windows=[],
    )
    work.add(found)
    await _announced(work, found, windows)
    return found


async def change_windows(work: UnitOfWork, maintenance_id: UUID, match: int, windows: Sequence[Span]) -> Maintenance:
    """What is added is announced anew; what is taken away is no longer announced."""
    found = await store.get_maintenance(work, maintenance_id, match=match)
    await _announced(work, found, windows)
    return found


async def decide(work: UnitOfWork, maintenance_id: UUID, reason: str | None) -> Maintenance:
    """Approve, or with a reason refuse, for one's side."""
    found = await store.get_maintenance(work, maintenance_id, lock=True)
    party = agreements.acting_party(work)
    customer_id = work.principal.customer_id if party.side is Side.CUSTOMER else None
    decision = found.decide(party, customer_id, reason, work.now)
    await work.flush()
    if decision.approved:
        work.emit(MaintenanceApproved(maintenance_id=found.id, customer_id=customer_id, approved_at=work.now))
        spans = [one.span for one in found.current_windows if one.announcement is found.announcements[-1]]
        await _correct(work, found, spans, f"Planned maintenance was approved: {found.title}")
    return found


async def start(work: UnitOfWork, maintenance_id: UUID) -> Maintenance:
    found = await store.get_maintenance(work, maintenance_id, lock=True)
    found.start(work.now)
    await work.flush()
    return found


async def finish(work: UnitOfWork, maintenance_id: UUID) -> Maintenance:
    found = await store.get_maintenance(work, maintenance_id, lock=True)
    found.finish(work.now)
    await work.flush()
    work.emit(MaintenanceFinished(maintenance_id=found.id, finished_at=work.now))
    return found


async def cancel(work: UnitOfWork, maintenance_id: UUID, reason: str) -> Maintenance:
    found = await store.get_maintenance(work, maintenance_id, lock=True)
    found.cancel(reason, work.now)
    await work.flush()
    work.emit(MaintenanceCancelled(maintenance_id=found.id, reason=reason, cancelled_at=work.now))
    spans = [one.span for one in found.current_windows]
    await _correct(work, found, spans, f"Planned maintenance was cancelled: {found.title}")
    return found


async def _announced(work: UnitOfWork, found: Maintenance, windows: Sequence[Span]) -> None:
    changed = found.announce(union(windows), work.principal.subject, work.now)
    await work.flush()
    reached = await store.list_affected_agreements(work, _target_ids(found))
    work.emit(_told(found, {one.customer_id for one in reached}))
    await _correct(work, found, changed, f"The windows of planned maintenance changed: {found.title}")


async def _correct(work: UnitOfWork, found: Maintenance, spans: Iterable[Span], reason: str) -> None:
    """Have closed periods looked at again; time still to come is in none."""
    begun = [span for span in spans if span.start < to_microseconds(work.now)]
    if begun:
        start, end = to_datetime(min(begun).start), to_datetime(max(span.end for span in begun))
        for one in await store.list_affected_agreements(work, _target_ids(found)):
            record_correction(work, one.agreement_id, start, end, reason)


async def _check_targets(work: UnitOfWork, targets: TargetIdsByKind) -> None:
    wanted = {one for ids in targets.values() for one in ids}
    known = await store.list_existing_target_ids(work, targets)
    if missing := wanted - known:
        raise MaintenanceTargetUnknown(
            f"There is no such service, offering or agreement: {min(missing)}.", field="affects"
        )


async def _only_customer(work: UnitOfWork, targets: TargetIdsByKind) -> UUID | None:
    if targets[AffectedKind.SERVICE] or targets[AffectedKind.OFFERING]:
        return None
    found = [await work.get(Agreement, one) for one in targets[AffectedKind.AGREEMENT]]
    customers = {one.customer_id for one in found}
    return customers.pop() if len(customers) == 1 else None


def _target_ids(found: Maintenance) -> list[UUID]:
    return [one.target_id for one in found.affects]


def _told(found: Maintenance, customers: Collection[UUID]) -> MaintenanceAnnounced:
    newest = found.announcements[-1]
    ids = {kind: tuple(one.target_id for one in found.affects if one.kind is kind) for kind in AffectedKind}
    return MaintenanceAnnounced(
        maintenance_id=found.id,
        announcement=newest.number,
        title=found.title,
        reason=found.reason,
        windows=tuple(
            AnnouncedWindow(window_from=one.window_from, window_to=one.window_to) for one in found.current_windows
        ),
        service_ids=ids[AffectedKind.SERVICE],
        offering_ids=ids[AffectedKind.OFFERING],
        agreement_ids=ids[AffectedKind.AGREEMENT],
        customer_ids=tuple(sorted(customers)),
        announced_at=found.changed_at,
    )
