"""The one rule by which the reports of an alert make its firings, whatever order they come in."""

# - Of several ends that were reported with one start, the latest counts.
# - Firings that overlap are one, as Alertmanager merges them; those that only touch are two.
# - A start without an end of its own ends with the first firing that ends after it: of two replicas of a monitor each
#   reports a start, and the end comes with one of them. Without such a firing it still fires.

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple


class ReportedAlert(NamedTuple):
    """A report of an alert, whatever its sender's protocol."""

    fingerprint: str
    """The hash of its labels."""
    labels: dict[str, str]
    annotations: dict[str, str]
    links: dict[str, str]
    """Addresses where its sender shows it, by what they show."""
    starts_at: datetime
    ends_at: datetime | None
    """Null as long as it fires."""
    expires_at: datetime | None = None
    """Until when it fires, unless it is reported again before; null if its sender reports its end."""
    fires_until: datetime | None = None
    """Until when its sender knew that it fires; null if the sender does not say."""
    is_state: bool = False
    """True if the sender says since when it is so: the same report is no news later, whatever came in between."""
    is_in_time: bool = False
    """True if it is so from now on: it tells nothing of starts that are reported later."""

    def from_now_on(self, now: datetime) -> "ReportedAlert":
        """Return the report as of an instant, if it says only what is so from now on."""
        return self._replace(starts_at=now, ends_at=self.ends_at and now) if self.is_in_time else self

    @property
    def is_recovery(self) -> bool:
        """True if it says only that the alert does not fire at a time: it ends what fires, and is no firing."""
        return self.starts_at == self.ends_at


LARGEST_SET = 200
"""Reports that are recorded together."""


def split_reports(reports: Iterable[ReportedAlert]) -> Iterator[Sequence[ReportedAlert]]:
    """Split reports into sets that keep their order, and have no alert twice."""
    group: dict[str, ReportedAlert] = {}
    for report in reports:
        if report.fingerprint in group or len(group) == LARGEST_SET:
            yield list(group.values())
            group = {}
        group[report.fingerprint] = report
    if group:
        yield list(group.values())


ReportedEnds = dict[datetime, datetime | None]
"""The latest end that was reported with each start; null where there was none."""


def latest_end(ends: Iterable[datetime | None]) -> datetime | None:
    return max((end for end in ends if end is not None), default=None)


def with_report(reports: ReportedEnds, starts_at: datetime, ends_at: datetime | None) -> ReportedEnds:
    """Return the reports with one more."""
    return reports | {starts_at: latest_end((ends_at, reports.get(starts_at)))}


def group_reports(reports: ReportedEnds) -> list[ReportedEnds]:
    """Return the reports of each firing, those that are over first, in the order of time."""
    groups: list[ReportedEnds] = []
    for start, end in sorted((start, end) for start, end in reports.items() if end is not None):
        if groups and start < (latest_end(groups[-1].values()) or start):
            groups[-1][start] = end
        else:
            groups.append({start: end})
    still_firing: ReportedEnds = {}
    for start in (start for start, end in reports.items() if end is None):
        group = next((group for group in groups if start < (latest_end(group.values()) or start)), still_firing)
        group[start] = None
    return [*groups, still_firing] if still_firing else groups


def fold_reports(reports: ReportedEnds, kept: datetime, limit: int) -> ReportedEnds:
    """Fold the reports of one firing into at most `limit`, of which one has the start `kept`; it lasts as long."""
    starts = sorted(reports)
    surplus = [start for start in starts[1:] if start != kept][: max(0, len(reports) - limit)]
    folded = {start: end for start, end in reports.items() if start not in surplus}
    return with_report(folded, starts[0], latest_end(reports[start] for start in surplus))
