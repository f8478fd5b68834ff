"""When windows of maintenance may lie: still to come, or over where they are entered afterwards."""

from collections.abc import Iterable
from datetime import datetime

from sla.exclusions.maintenance import errors
from sla.hours.spans import Span, to_microseconds


def check_window_times(spans: Iterable[Span], at: datetime, *, afterwards: bool, field: str) -> None:
    """Check the spans that are added or taken away at an instant; `field` is what the sender calls them."""
    are_over = [span.end <= to_microseconds(at) for span in spans]
    if afterwards and not all(are_over):
        raise errors.WindowNotOver("This window is not over: announce it.", field=field)
    if not afterwards and any(are_over):
        raise errors.WindowOver("This window is over: enter it afterwards.", field=field)
