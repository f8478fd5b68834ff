"""Everything that the clocks of some incidents follow from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sla.hours.spans import Span, union
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.clocks.verdict import ClockContext
from sla.incidents.history import IncidentHistory, build_history
from sla.incidents.model import IncidentEvent


@dataclass(frozen=True, slots=True)
class IncidentEvidence:
    """The events and clocks of some incidents, with what the clocks run under."""

    events: Mapping[UUID, Sequence[IncidentEvent]] = field(default_factory=dict)
    """By incident."""
    clocks: Mapping[UUID, Sequence[IncidentClock]] = field(default_factory=dict)
    """By incident."""
    terms: Mapping[str, ClockTerms] = field(default_factory=dict)
    """By their hash."""
    suspensions: Mapping[UUID, Sequence[Span]] = field(default_factory=dict)
    """By agreement."""
    maintenance_stops: Mapping[UUID, Sequence[Span]] = field(default_factory=dict)
    """When maintenance stops its clocks, by agreement; those without any are left out."""

    def history(self, incident_id: UUID, known_at: datetime | None = None) -> IncidentHistory:
        """Build the history from what had been reported by `known_at` (now)."""
        return build_history(
            event.to_reported_event()
            for event in self.events.get(incident_id, ())
            if known_at is None or event.reported_at <= known_at
        )

    def clock_context(self, clock: IncidentClock, history: IncidentHistory) -> ClockContext:
        excluded = [*self.suspensions[clock.agreement_id], *self.maintenance_stops.get(clock.agreement_id, ())]
        return ClockContext(history, self.terms[clock.terms_sha256], union(excluded))
