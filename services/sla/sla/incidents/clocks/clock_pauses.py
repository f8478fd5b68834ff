"""Why a clock stands still: pauses of its incident, exclusions, and the time in which the incident was resolved."""

from collections.abc import Sequence
from dataclasses import dataclass

from sla.agreements.terms import Reopening
from sla.clock_calculator.timeline import TimeClass, build_timeline
from sla.hours.spans import Span, union
from sla.incidents.clocks.agreement_scope import AgreementScope
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.history import IncidentHistory, IncidentPhase
from sla.incidents.turns import IncidentTurn


@dataclass(frozen=True, slots=True)
class ClockContext:
    """The conditions that a clock runs under: the history of its incident, its terms, and the excluded time."""

    history: IncidentHistory
    terms: ClockTerms
    excluded_spans: Sequence[Span] = ()
    """When the agreement was suspended or, if it says so, maintained: a set of time, perhaps until NEVER."""
    scope: AgreementScope | None = None
    """What the agreement is about, where the incident was moved; null: it binds the incident as long as that lasts."""
    turn_event_id: str = ""
    """The message that is to be answered; empty for clocks of the incident as a whole."""

    @property
    def turn(self) -> IncidentTurn | None:
        return self.history.turns.get(self.turn_event_id)

    @property
    def phases(self) -> Sequence[IncidentPhase]:
        """Return the phases of the incident, or of the turn: none if there is no such turn."""
        if not self.terms.is_next_answer:
            return self.history.phases
        if (turn := self.turn) is None:
            return ()
        phases = self.history.phases[turn.first_phase : turn.phase_count]
        return [phase._replace(start=max(phase.start, turn.start), end=min(phase.end, turn.end)) for phase in phases]

    @property
    def started_at(self) -> int:
        """Return when the incident opened, or the message came that is to be answered."""
        return self.turn.start if self.turn else self.history.phases[0].start

    def paused_spans(self) -> Sequence[Span]:
        """Return when the clock is paused: a response clock never is, and one of a turn by its own pauses."""
        if not self.terms.policy.pauses or self.terms.is_response:
            return ()
        return union(self.turn.pauses) if self.turn else self.history.pauses

    def resolved_spans(self) -> list[Span]:
        """Return the spans from each resolution to the reopening after it, if they do not count."""
        if self.terms.policy.reopening is Reopening.CONTINUE:
            return []
        return union(Span(phase.start, phase.end) for phase in self.phases if phase.is_resolved)

    def standstill_spans(self) -> list[Span]:
        """Return the spans in which the clock stands still, so that nothing is breached."""
        return union([*self.paused_spans(), *self.excluded_spans])

    def uncounted_spans(self, until: int) -> list[Span]:
        """Return the spans in which nothing counts, of those that begin before `until`."""
        spans = [*self.standstill_spans(), *self.resolved_spans()]
        return union(span for span in spans if span.start < until)


def build_clock_timeline(context: ClockContext, counted_from: int, end: int) -> list[tuple[Span, TimeClass]]:
    """Classify every second from the start of the clock to `end`: counted, or why not."""
    started_at = context.started_at
    uncounted: list[tuple[TimeClass, Sequence[Span]]] = [
        (TimeClass.SET_ASIDE, union([Span(started_at, counted_from)])),
        (TimeClass.EXCLUDED, context.excluded_spans),
        (TimeClass.RESOLVED, context.resolved_spans()),
        (TimeClass.PAUSED, context.paused_spans()),
    ]
    return build_timeline(context.terms.hours, Span(started_at, end), uncounted)
