"""Recording what people, tools and monitors report of incidents, and explaining the clocks of an incident."""

from collections.abc import Sequence

from common.database.constraints import raise_on_violation
from common.dates import MAX_CLOCK_SKEW
from common.unit_of_work import UnitOfWork
from sla.clock_calculator.actions import check_clock_length
from sla.hours.spans import Span, to_microseconds
from sla.incidents import errors, store, views
from sla.incidents.clocks.store import list_clocks, load_clock_contexts, load_histories
from sla.incidents.clocks.verdict import evaluate_clock
from sla.incidents.history import IncidentEventKind
from sla.incidents.model import Incident, IncidentEvent
from sla.incidents.projection.projector import project_incidents

EVENT_ID_CONSTRAINT = "uq_incident_events_source_event_id"


async def record_events(
    work: UnitOfWork, source: str, events: Sequence[views.AnyIncidentEvent]
) -> views.IncidentReportReceipt:
    """Store the events that were not reported before, all or none, and bring their incidents up to date."""
    await _check_references(work, events)
    incidents = await store.lock_or_create_incidents(work, source, (event.incident for event in events))
    recorded = await store.load_events_by_id(work, source, (event.event_id for event in events))
    subjects = {incident.id: incident.subject for incident in incidents.values() if incident.subject is not None}
    new_events: dict[str, IncidentEvent] = {}
    for position, event in enumerate(events):
        row = IncidentEvent(
            incident_id=incidents[event.incident].id,
            source=source,
            reported_by=work.principal.subject,
            reported_at=work.now,
            **event.columns(),
        )
        first_report = recorded.get(row.event_id) or new_events.setdefault(row.event_id, row)
        if not first_report.has_same_content(row):
            message = f"Event {row.event_id} was reported before with different content. Give a new event another id."
            raise errors.IncidentEventContentMismatch(message, field=f"events.{position}")
        is_opening = row.kind is IncidentEventKind.OPENED
        if is_opening and subjects.setdefault(row.incident_id, row.subject) != row.subject:
            message = "The incident was opened before for another customer, offering or service."
            raise errors.IncidentSubjectMismatch(message, field=f"events.{position}")
    work.session.add_all(new_events.values())
    # Another request may report one of them at this very moment, of an incident that is not locked here.
    reported_of_another = errors.IncidentEventContentMismatch("An event of this id was reported of another incident.")
    async with raise_on_violation(reported_of_another, EVENT_ID_CONSTRAINT):
        await work.flush()
    changed_ids = {event.incident_id for event in new_events.values()}
    changed = [incident for incident in incidents.values() if incident.id in changed_ids]
    for incident in changed:
        incident.last_reported_at = work.now
    await project_incidents(work, changed)
    return views.IncidentReportReceipt(
        accepted=len(new_events),
        repeated=len(events) - len(new_events),
        incidents=[views.IncidentReference(incident=name, id=incident.id) for name, incident in incidents.items()],
    )


async def _check_references(work: UnitOfWork, events: Sequence[views.AnyIncidentEvent]) -> None:
    """Check that each event has happened, and that each opening names a known customer and offering or service."""
    openings = [event for event in events if isinstance(event, views.OpenedEvent)]
    customer_ids = await store.list_registered_customer_ids(work, {event.customer_id for event in openings})
    concerned_ids = {event.offering_id or event.service_id for event in openings}
    services_by_offering = await store.load_service_ids_by_offering(work, concerned_ids)
    published_ids = {"offering_id": services_by_offering.keys(), "service_id": set(services_by_offering.values())}
    for position, event in enumerate(events):
        if event.occurred_at > work.now + MAX_CLOCK_SKEW:
            message = f"The event occurs in the future: it is {work.now.isoformat()} now."
            raise errors.IncidentEventInFuture(message, field=f"events.{position}.occurred_at")
        if not isinstance(event, views.OpenedEvent):
            continue
        if event.customer_id not in customer_ids:
            message = f"Customer {event.customer_id} is not registered."
            raise errors.IncidentCustomerUnknown(message, field=f"events.{position}.customer_id")
        for field, ids in published_ids.items():
            concerned_id = getattr(event, field)
            if concerned_id is not None and concerned_id not in ids:
                message = f"{field.removesuffix('_id').capitalize()} {concerned_id} is not published in the catalog."
                raise errors.IncidentServiceUnknown(message, field=f"events.{position}.{field}")


async def list_clock_timelines(
    work: UnitOfWork, incident: Incident, kind: views.ClockKind
) -> list[views.ClockTimelineView]:
    """List the timelines of the clocks of this kind that have ever run. Raises ClockRunsTooLong."""
    clocks = [
        clock
        for clock in await list_clocks(work, [incident.id])
        if clock.entered_at is not None and clock.terms.is_response is (kind == "response")
    ]
    histories, now = await load_histories(work, [incident.id]), to_microseconds(work.now)
    timelines = []
    for clock, context in zip(clocks, await load_clock_contexts(work, clocks, histories), strict=True):
        evaluation = evaluate_clock(context, now)
        if evaluation is None:
            continue
        opened_at = context.history.phases[0].start
        run = Span(opened_at, max(opened_at, now if evaluation.stopped_at is None else evaluation.stopped_at))
        check_clock_length(context.terms.hours, run, "incident_id")
        timelines.append(views.ClockTimelineView.from_run(clock, context, evaluation, run))
    return timelines
