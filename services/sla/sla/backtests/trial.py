"""Terms on trial: put in force from one past day to another, as if both sides had signed them then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sla.agreements.objectives import IncidentObjective
from sla.agreements.periods import Period
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.terms import Terms
from sla.compliance.windows import InForce, stretch_of
from sla.hours.spans import Span, microseconds
from sla.incidents.history import History
from sla.incidents.judgement import Case, judge
from sla.incidents.promise import clock_terms
from sla.incidents.tally import IncidentTally, Row, row_of


@dataclass(frozen=True, slots=True)
class Past:
    """An incident, as it went."""

    incident_id: UUID
    history: History


@dataclass(frozen=True, slots=True)
class Trial:
    terms: Terms
    """To evaluate with, the first and the last day of the trial being theirs."""
    terms_sha256: str
    """Of the terms as they are meant to be signed."""

    @property
    def days(self) -> InForce:
        return InForce(self.terms.starts_on, self.terms.ends_on)

    @property
    def schedule(self) -> Schedule:
        """Cut as the statements would have been."""
        return Schedule((Binding(1, self.terms, self.terms_sha256, self.terms.starts_on, self.terms.ends_on),))

    def periods(self, now: datetime) -> list[Period]:
        """Those that are over."""
        return [period for _, period in self.schedule.periods_until(now)]

    @property
    def judges_incidents(self) -> bool:
        return any(isinstance(one, IncidentObjective) for one in self.terms.objectives)


def tallies(
    trial: Trial, period: Period, incidents: Sequence[Past], suspended: Sequence[Span], now: int
) -> Mapping[UUID, IncidentTally]:
    """How the incidents would have counted, by objective: each judged under the terms on trial from its opening on."""
    found: dict[UUID, IncidentTally] = {}
    for terms in clock_terms(trial.terms):
        stretch = stretch_of(terms.objective, trial.terms, period.start, period.end, trial.days)
        window = Span(microseconds(stretch.start), microseconds(stretch.end))
        rows = (_row(one, Case(one.history, terms, suspended), window, now) for one in incidents)
        found[terms.objective.id] = IncidentTally.of(row for row in rows if row is not None)
    return found


def _row(incident: Past, case: Case, window: Span, now: int) -> Row | None:
    judgement, opened_at = judge(case, now), incident.history.opened_at
    if judgement is None or opened_at is None:
        return None
    return row_of(incident.incident_id, opened_at, judgement, window.start, window.end)
