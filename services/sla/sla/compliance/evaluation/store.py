"""Loads the evidence that periods are evaluated on: measurements, incidents and exclusions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements.objectives import IncidentObjective, PercentileObjective
from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.windows import compute_evaluation_window, compute_evidence_start
from sla.exclusions import store as exclusions
from sla.exclusions.exclusion_rules import AgreementSpan
from sla.hours.spans import Span
from sla.incidents.clocks.period_counts import IncidentCounts
from sla.incidents.clocks.store import CountWindow, load_incident_counts
from sla.measurements import store as measurements


@dataclass(frozen=True, slots=True)
class EvidenceRequest:
    """A period whose evidence is needed."""

    agreement_id: UUID
    terms: Terms
    start: datetime
    end: datetime
    exclusions_until: datetime
    """The end, or later to include exclusions that are planned after it."""
    measured_since: datetime | None = None
    """To go back further than the terms need."""
    known_at: datetime | None = None
    """Exclusions and incidents as they were known then; None: now."""

    @property
    def evidence_start(self) -> datetime:
        start = compute_evidence_start(self.terms, self.start, self.end)
        return min(start, self.measured_since or start)

    @property
    def excluded_span(self) -> AgreementSpan:
        return AgreementSpan(self.agreement_id, self.terms, Span.between(self.evidence_start, self.exclusions_until))


async def load_evidence(work: UnitOfWork, request: EvidenceRequest) -> PeriodEvidence:
    """Load all that the terms are evaluated on in the period."""
    return (await load_evidence_of_periods(work, [request]))[0]


async def load_evidence_of_periods(work: UnitOfWork, requests: Sequence[EvidenceRequest]) -> list[PeriodEvidence]:
    """Load the evidence of many periods, known at one instant; measurements of equal stretches are read at once."""
    if not requests:
        return []
    terms_by_span: dict[tuple[datetime, datetime], list[Terms]] = defaultdict(list)
    for request in requests:
        terms_by_span[request.evidence_start, request.end].append(request.terms)
    measured = {span: await load_measurements(work, terms, *span) for span, terms in terms_by_span.items()}
    start, end = min(start for start, _ in terms_by_span), max(request.exclusions_until for request in requests)
    (known_at,) = {request.known_at for request in requests}
    agreement_ids = {request.agreement_id for request in requests}
    excluded_ids = agreement_ids
    if known_at is None:
        excluded_ids = await exclusions.list_possibly_excluded_agreement_ids(work, agreement_ids, start, end)
    excluding = [number for number, request in enumerate(requests) if request.agreement_id in excluded_ids]
    spans = [requests[number].excluded_span for number in excluding]
    excluded = await exclusions.list_exclusions_of_spans(work, spans, known_at=known_at)
    excluded_by_place = dict(zip(excluding, excluded, strict=True))
    counts = await _count_incidents(work, requests, known_at or work.now)
    return [
        replace(
            measured[request.evidence_start, request.end],
            incidents=counts[place],
            exclusions=excluded_by_place.get(place, ()),
        )
        for place, request in enumerate(requests)
    ]


async def load_measurements(work: UnitOfWork, terms: Iterable[Terms], start: datetime, end: datetime) -> PeriodEvidence:
    """Load minutes and observations alone, of all indicators that the terms name."""
    counted_ids, observed_ids = set[UUID](), set[UUID]()
    for objective in (objective for document in terms for objective in document.objectives):
        if not isinstance(objective, IncidentObjective):
            ids = observed_ids if isinstance(objective, PercentileObjective) else counted_ids
            ids.add(objective.indicator_id)
    session = work.session
    return PeriodEvidence(
        await measurements.load_minutes_by_indicator(session, counted_ids, start, end) if counted_ids else {},
        await measurements.load_observations_by_indicator(session, observed_ids, start, end) if observed_ids else {},
    )


async def _count_incidents(
    work: UnitOfWork, requests: Sequence[EvidenceRequest], as_of: datetime
) -> list[dict[UUID, IncidentCounts]]:
    """Count the incidents of each objective of each request over its own window."""
    places: list[int] = []
    windows: list[CountWindow] = []
    for place, request in enumerate(requests):
        for objective in request.terms.objectives:
            if isinstance(objective, IncidentObjective):
                window = compute_evaluation_window(objective, request.terms, request.start, request.end)
                places.append(place)
                windows.append(CountWindow(request.agreement_id, objective.id, window.start, request.end))
    counts: list[dict[UUID, IncidentCounts]] = [{} for _ in requests]
    counts_of_windows = await load_incident_counts(work, windows, as_of=as_of)
    for place, counted_window, count in zip(places, windows, counts_of_windows, strict=True):
        counts[place][counted_window.objective_id] = count
    return counts
