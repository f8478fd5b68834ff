"""Terms on trial: put in force from one past day to another, as if both sides had signed them then."""

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
from sla.incidents.clocks.period_counts import CountedClock, IncidentCounts, build_counted_clock
from sla.incidents.clocks.terms import build_clock_terms
from sla.incidents.clocks.verdict import ClockContext, evaluate_clock
from sla.incidents.history import IncidentHistory


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident, as it went."""

    incident_id: UUID
    history: IncidentHistory


@dataclass(frozen=True, slots=True)
class TrialTerms:
    terms: Terms
    """To evaluate with, the first and the last day of the trial being theirs."""
    terms_sha256: str
    """Of the terms as they are meant to be signed."""

    @property
    def days_in_force(self) -> DaysInForce:
        return DaysInForce(self.terms.starts_on, self.terms.ends_on)

    @property
    def schedule(self) -> Schedule:
        """Cut as the statements would have been."""
        return Schedule((Binding(1, self.terms, self.terms_sha256, self.terms.starts_on, self.terms.ends_on),))

    def periods(self, now: datetime) -> list[ReviewPeriod]:
        """Those that are over."""
        return [period for _, period in self.schedule.periods_until(now)]

    @property
    def has_incident_objectives(self) -> bool:
        return any(isinstance(one, IncidentObjective) for one in self.terms.objectives)


def tally_past_incidents(
    trial: TrialTerms, period: ReviewPeriod, incidents: Sequence[PastIncident], suspended: Sequence[Span], now: int
) -> Mapping[UUID, IncidentCounts]:
    """How the incidents would have counted, by objective: each judged under the terms on trial from its opening on."""
    found: dict[UUID, IncidentCounts] = {}
    for terms in build_clock_terms(trial.terms):
        stretch = compute_evaluation_window(terms.objective, trial.terms, period.start, period.end, trial.days_in_force)
        window = Span(to_microseconds(stretch.start), to_microseconds(stretch.end))
        rows = (_row(one, ClockContext(one.history, terms, suspended), window, now) for one in incidents)
        found[terms.objective.id] = IncidentCounts.from_rows(row for row in rows if row is not None)
    return found


def _row(incident: PastIncident, case: ClockContext, window: Span, now: int) -> CountedClock | None:
    judgement, opened_at = evaluate_clock(case, now), incident.history.opened_at
    if judgement is None or opened_at is None:
        return None
    return build_counted_clock(incident.incident_id, opened_at, judgement, window.start, window.end)
