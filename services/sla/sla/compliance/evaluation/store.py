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
from sla.hours.spans import Span
from sla.incidents.clocks.period_counts import IncidentCounts
from sla.incidents.clocks.store import load_incident_counts
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


async def load_evidence(work: UnitOfWork, request: EvidenceRequest) -> PeriodEvidence:
    """Load all that the terms are evaluated on in the period."""
    return (await load_evidence_of_periods(work, [request]))[0]


async def load_evidence_of_periods(work: UnitOfWork, requests: Sequence[EvidenceRequest]) -> list[PeriodEvidence]:
    """Load the evidence of many periods, with the measurements of equal stretches of time read at once."""
    if not requests:
        return []
    terms_by_span: dict[tuple[datetime, datetime], list[Terms]] = defaultdict(list)
    for request in requests:
        terms_by_span[request.evidence_start, request.end].append(request.terms)
    measured = {span: await load_measurements(work, terms, *span) for span, terms in terms_by_span.items()}
    start, end = min(start for start, _ in terms_by_span), max(request.exclusions_until for request in requests)
    agreement_ids = {request.agreement_id for request in requests}
    excluded_ids = await exclusions.list_possibly_excluded_agreement_ids(work, agreement_ids, start, end)
    evidence_of_periods = []
    for request in requests:
        incidents = await _count_incidents(work, request)
        evidence = replace(measured[request.evidence_start, request.end], incidents=incidents)
        if request.agreement_id in excluded_ids or request.known_at is not None:
            span = Span.between(request.evidence_start, request.exclusions_until)
            agreement_id, terms, known_at = request.agreement_id, request.terms, request.known_at
            excluded = await exclusions.list_exclusions(work, agreement_id, terms, span, known_at=known_at)
            evidence = replace(evidence, exclusions=excluded)
        evidence_of_periods.append(evidence)
    return evidence_of_periods


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


async def _count_incidents(work: UnitOfWork, request: EvidenceRequest) -> dict[UUID, IncidentCounts]:
    """Count the incidents of each objective over its own window; objectives that share one are counted together."""
    terms, end = request.terms, request.end
    starts = {
        objective.id: compute_evaluation_window(objective, terms, request.start, end).start
        for objective in terms.objectives
        if isinstance(objective, IncidentObjective)
    }
    counts: dict[UUID, IncidentCounts] = {}
    as_of = request.known_at or work.now
    for start in sorted(set(starts.values())):
        since_start = await load_incident_counts(work, request.agreement_id, terms, start, end, as_of=as_of)
        counts |= {key: count for key, count in since_start.items() if starts[key] == start}
    return counts
