"""Recording what people, tools and monitors report of incidents, and explaining the clocks of an incident."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from common.database.constraints import raise_on_violation
from common.dates import MAX_CLOCK_SKEW
from common.errors import DomainError, merge_refusals
from common.unit_of_work import UnitOfWork
from sla.clock_calculator.actions import check_clock_length
from sla.hours.spans import Span, to_microseconds
from sla.incidents import errors, store, views
from sla.incidents.clocks.store import list_clocks, load_clock_contexts, load_histories
from sla.incidents.clocks.verdict import evaluate_clock
from sla.incidents.history import IncidentEventKind, IncidentSubject
from sla.incidents.model import Incident, IncidentEventRow, read_subject
from sla.incidents.projection.projector import project_incidents

EVENT_ID_CONSTRAINT = "uq_incident_events_source_event_id"


async def record_report(work: UnitOfWork, report: views.IncidentReport) -> views.IncidentReportReceipt | DomainError:
    """Store the events that break no rule. A refusal of the others is returned, not raised: what is stored stays."""
    events, refusals = report.parse_events()
    receipt, further_refusals = await store_valid_events(work, report.source, events)
    refusals |= further_refusals
    if not refusals:
        return receipt
    stored = receipt.accepted + receipt.repeated
    return merge_refusals([refusals[position] for position in sorted(refusals)], f"{stored} events are stored.")


async def store_valid_events(
    work: UnitOfWork, source: str, events: Mapping[int, views.AnyIncidentEvent]
) -> tuple[views.IncidentReportReceipt, dict[int, DomainError]]:
    """Store those of the events that break no rule, and return the refusals of the others by their positions."""
    refusals = await _list_broken_references(work, events)
    events = {position: event for position, event in events.items() if position not in refusals}
    built = await _build_events(work, source, events)
    if built.mismatches:
        refusals |= built.mismatches
        await _forget_incidents(
            work, built, {events[position].incident for position in events.keys() - refusals.keys()}
        )
    return await _store_events(work, source, built), refusals


async def record_events(
    work: UnitOfWork, source: str, events: Sequence[views.AnyIncidentEvent]
) -> views.IncidentReportReceipt:
    """Store the events that were not reported before, all or none, and bring their incidents up to date."""
    numbered = dict(enumerate(events))
    built = await _build_events(work, source, numbered)
    for refusal in (*(await _list_broken_references(work, numbered)).values(), *built.mismatches.values()):
        raise refusal
    return await _store_events(work, source, built)


@dataclass(slots=True)
class _BuiltEvents:
    """The events of a report as they are stored, with their incidents, locked or created."""

    incidents: dict[str, Incident]
    """By name."""
    new: dict[str, IncidentEventRow]
    """By id."""
    repeated: int = 0
    mismatches: dict[int, DomainError] = field(default_factory=dict)
    """The events that contradict earlier ones, by position."""


async def _store_events(work: UnitOfWork, source: str, built: _BuiltEvents) -> views.IncidentReportReceipt:
    # Another request may report one of them at this very moment, of an incident that is not locked here.
    reported_of_another = errors.IncidentEventContentMismatch("An event of this id was reported of another incident.")
    async with raise_on_violation(reported_of_another, EVENT_ID_CONSTRAINT):
        await store.add_events(work, source, built.new.values())
    changed_ids = {event.incident_id for event in built.new.values()}
    changed = [incident for incident in built.incidents.values() if incident.id in changed_ids]
    for incident in changed:
        incident.last_reported_at = work.now
    await project_incidents(work, changed)
    references = [views.IncidentReference(incident=name, id=incident.id) for name, incident in built.incidents.items()]
    return views.IncidentReportReceipt(accepted=len(built.new), repeated=built.repeated, incidents=references)


async def _build_events(work: UnitOfWork, source: str, events: Mapping[int, views.AnyIncidentEvent]) -> _BuiltEvents:
    """Lock or create the incidents, and build the events that are new and contradict no earlier ones."""
    if not events:
        return _BuiltEvents({}, {})
    incidents = await store.lock_or_create_incidents(work, source, (event.incident for event in events.values()))
    recorded = await store.load_events_by_id(work, source, [event.event_id for event in events.values()])
    opened_names = {event.incident for event in events.values() if event.kind is IncidentEventKind.OPENED}
    opened_ids = [incidents[name].id for name in opened_names if incidents[name].opened_at is not None]
    subjects = await store.load_opening_subjects(work, opened_ids)
    built = _BuiltEvents(incidents, {})
    for position, event in events.items():
        row = IncidentEventRow(incidents[event.incident].id, **event.columns())
        first_report = recorded.get(row.event_id) or built.new.get(row.event_id, row)
        if first_report is not row and not first_report.has_same_content(row):
            message = f"Event {row.event_id} was reported before with different content. Give a new event another id."
            built.mismatches[position] = errors.IncidentEventContentMismatch(message, field=f"events.{position}")
        elif row.kind is IncidentEventKind.OPENED and _is_of_another(subjects, row):
            message = "The incident was opened before for another customer, offering or service."
            built.mismatches[position] = errors.IncidentSubjectMismatch(message, field=f"events.{position}")
        elif first_report is row:
            built.new[row.event_id] = row
        else:
            built.repeated += 1
    return built


def _is_of_another(subjects: dict[UUID, IncidentSubject], opening: IncidentEventRow) -> bool:
    """Tell whether an earlier opening of its incident, of which the first one is noted, had another subject."""
    subject = read_subject(opening.content)
    return subjects.setdefault(opening.incident_id, subject) != subject


async def _forget_incidents(work: UnitOfWork, built: _BuiltEvents, kept_names: Collection[str]) -> None:
    """Leave out the incidents of all other names, and delete those of them that were created for refused events."""
    refused_incidents = [built.incidents.pop(name) for name in built.incidents.keys() - kept_names]
    new_incidents = [incident for incident in refused_incidents if incident.version == 1]
    if new_incidents:
        await store.delete_incidents_without_events(work, new_incidents)


async def _list_broken_references(
    work: UnitOfWork, events: Mapping[int, views.AnyIncidentEvent]
) -> dict[int, DomainError]:
    """List events that have not happened, and openings and moves that name an unknown customer, offering or service."""
    placing = [event for event in events.values() if isinstance(event, views.OpenedEvent | views.MovedEvent)]
    customer_ids = await store.list_registered_customer_ids(work, {event.customer_id for event in placing})
    concerned_ids = {event.offering_id or event.service_id for event in placing}
    services_by_offering = await store.load_service_ids_by_offering(work, concerned_ids)
    published_ids = {"offering_id": services_by_offering.keys(), "service_id": set(services_by_offering.values())}
    refusals: dict[int, DomainError] = {}
    for position, event in events.items():
        if event.occurred_at > work.now + MAX_CLOCK_SKEW:
            message = f"The event occurs in the future: it is {work.now.isoformat()} now."
            refusals[position] = errors.IncidentEventInFuture(message, field=f"events.{position}.occurred_at")
            continue
        refusal = _find_broken_reference(position, event, customer_ids, published_ids)
        refusals |= {position: refusal} if refusal else {}
    return refusals


def _find_broken_reference(
    position: int,
    event: views.AnyIncidentEvent,
    customer_ids: Collection[UUID],
    published_ids: Mapping[str, Collection[UUID]],
) -> DomainError | None:
    if not isinstance(event, views.OpenedEvent | views.MovedEvent):
        return None
    if event.customer_id not in customer_ids:
        return errors.IncidentCustomerUnknown("Customer", event.customer_id, field=f"events.{position}.customer_id")
    for name, ids in published_ids.items():
        concerned_id = getattr(event, name)
        if concerned_id is not None and concerned_id not in ids:
            kind, field = name.removesuffix("_id").capitalize(), f"events.{position}.{name}"
            return errors.IncidentServiceUnknown(kind, concerned_id, field=field, since="published")
    return None


async def list_clock_timelines(
    work: UnitOfWork, incident: Incident, kind: views.ClockKind
) -> list[views.ClockTimelineView]:
    """List the timelines of the clocks of this kind that have ever run. Raises ClockRunsTooLong."""
    clocks = [
        clock
        for clock in await list_clocks(work, [incident.id])
        if clock.entered_at is not None and clock.objective.kind == f"{kind}_time"
    ]
    histories, now = await load_histories(work, [incident.id]), to_microseconds(work.now)
    timelines = []
    for clock, context in zip(clocks, await load_clock_contexts(work, clocks, histories), strict=True):
        evaluation = evaluate_clock(context, now)
        if evaluation is None:
            continue
        started_at = context.started_at
        run = Span(started_at, max(started_at, now if evaluation.stopped_at is None else evaluation.stopped_at))
        check_clock_length(context.terms.hours, run, "incident_id")
        timelines.append(views.ClockTimelineView.from_run(clock, context, evaluation, run))
    return timelines
