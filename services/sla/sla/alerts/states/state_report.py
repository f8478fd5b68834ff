"""A report of a state, whatever its sender's form: it says of the two alerts of a thing whether they fire."""

# While a thing is down its alert `down` fires, and while it is degraded the alert `degraded`. A report of any other
# state says that an alert does not fire at that time. Such reports may come in any order, as those of alerts may.

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from common.dates import EARLIEST_INSTANT, MAX_CLOCK_SKEW
from common.views import LONGEST_NAME, make_storable
from sla.alerts.alert_documents import MAX_LABELS
from sla.alerts.posted_alerts import compute_fingerprint
from sla.alerts.reports import ReportedAlert

_LARGEST_EPOCH_SECONDS = 253_402_300_799
"""The end of the year 9999."""
_LONGEST_INSTANT = 40


class ThingState(StrEnum):
    UP = "up"
    DOWN = "down"
    DEGRADED = "degraded"


DEFAULT_SEVERITIES: Mapping[ThingState, str] = {ThingState.DOWN: "critical", ThingState.DEGRADED: "warning"}
"""Where a report names none."""


class StateReport(NamedTuple):
    identity: Mapping[str, str]
    """What tells the thing apart from the others of its sender."""
    labels: dict[str, str]
    state: ThingState
    since: datetime
    is_in_time: bool = False
    """True if the sender did not say since when: it is so from now on."""
    text: str = ""
    link: str = ""
    severity: str = ""
    expires_at: datetime | None = None
    """Until when it is known to be so; null if the sender reports the next state."""

    def to_alerts(self) -> list[ReportedAlert]:
        """Return what it says of the alert `down` and of the alert `degraded`."""
        return [self._to_alert(state) for state in DEFAULT_SEVERITIES]

    def _to_alert(self, alert_state: ThingState) -> ReportedAlert:
        fires = self.state is alert_state
        state = {"state": alert_state.value}
        return ReportedAlert(
            fingerprint=compute_fingerprint({**self.identity, **state}),
            labels={"severity": self.severity or DEFAULT_SEVERITIES[alert_state], **self.labels, **state},
            annotations={"summary": self.text} if self.text else {},
            links={"generator": self.link} if self.link else {},
            starts_at=self.since,
            ends_at=None if fires else self.since,
            expires_at=self.expires_at if fires else None,
            is_state=True,
            is_in_time=self.is_in_time,
        )


def without_replaced_states(reports: Sequence[StateReport]) -> list[StateReport]:
    """Leave out what is so from now on and replaced by a later report of the same thing: the last one counts."""
    last = {frozenset(report.identity.items()): report for report in reports if report.is_in_time}
    return [report for report in reports if not report.is_in_time or report is last[frozenset(report.identity.items())]]


def read_instant(value: Any, now: datetime, field: str = "") -> datetime:
    """Read ISO 8601 with an offset, or seconds since 1970, as a number or text. Raise ValueError, naming the field."""
    place, instant = f"{field}: " if field else "", _parse_instant(value)
    if instant is None:
        raise ValueError(
            f"{place}must be ISO 8601 with an offset, as 2026-11-22T09:30:00Z, or seconds since 1970, not milliseconds"
        )
    if not EARLIEST_INSTANT <= instant <= now + MAX_CLOCK_SKEW:
        raise ValueError(f"{place}is more than 10 minutes ahead, or before the year 2000")
    return instant


def _parse_instant(value: Any) -> datetime | None:
    """Parse an instant; return null for what is none, and for a local time."""
    if isinstance(value, str) and len(value) <= _LONGEST_INSTANT:
        try:
            value = float(value)
        except ValueError:
            return _parse_iso_8601(value.strip())
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return datetime.fromtimestamp(value, UTC) if is_number and 0 <= value <= _LARGEST_EPOCH_SECONDS else None


def _parse_iso_8601(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def machine_labels(pairs: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    """Build labels of what a machine wrote, cut to what is stored; those without a name or a value are left out."""
    texts = [
        (make_storable(str(name), LONGEST_NAME), make_storable(str(value), LONGEST_NAME))
        for name, value in pairs
        if isinstance(value, str | int | float) and value != ""
    ]
    return dict([pair for pair in texts if pair[0]][:MAX_LABELS])
