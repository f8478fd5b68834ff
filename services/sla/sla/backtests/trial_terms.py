"""Terms on trial: in force from one past day to another, as if both sides had signed them then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sla.agreements.objectives import IncidentObjective
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.terms import Terms
from sla.compliance.evaluation.windows import DaysInForce, compute_evaluation_window
from sla.hours.spans import Span, to_microseconds
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.period_counts import IncidentCounts, count_clock
from sla.incidents.clocks.terms import build_clock_terms
from sla.incidents.history import IncidentHistory


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident of the past with its history."""

    incident_id: UUID
    history: IncidentHistory


@dataclass(frozen=True, slots=True)
class TrialTerms:
    terms: Terms
    """Terms to evaluate with: their first and last day are those of the trial."""
    terms_sha256: str
    """Hash of the terms as they are meant to be signed."""

    @property
    def days_in_force(self) -> DaysInForce:
        return DaysInForce(self.terms.starts_on, self.terms.ends_on)

    @property
    def schedule(self) -> Schedule:
        """Review periods as the statements would have had."""
        return Schedule((Binding(1, self.terms, self.terms_sha256, self.terms.starts_on, self.terms.ends_on),))

    def periods(self, now: datetime) -> list[ReviewPeriod]:
        """Return the review periods that are over."""
        return [period for _, period in self.schedule.periods_until(now)]

    @property
    def has_incident_objectives(self) -> bool:
        return any(isinstance(objective, IncidentObjective) for objective in self.terms.objectives)


def tally_past_incidents(
    trial: TrialTerms, period: ReviewPeriod, incidents: Sequence[PastIncident], suspended: Sequence[Span], now: int
) -> Mapping[UUID, IncidentCounts]:
    """Count incidents by objective, each evaluated under the terms on trial from its opening on."""
    counts: dict[UUID, IncidentCounts] = {}
    days = trial.days_in_force
    for terms in build_clock_terms(trial.terms):
        evaluated = compute_evaluation_window(terms.objective, trial.terms, period.start, period.end, days)
        window = Span(to_microseconds(evaluated.start), to_microseconds(evaluated.end))
        contexts = ((incident, ClockContext(incident.history, terms, suspended)) for incident in incidents)
        clocks = (count_clock(incident.incident_id, context, window, now) for incident, context in contexts)
        counts[terms.objective.id] = IncidentCounts.from_rows(clock for clock in clocks if clock is not None)
    return counts
