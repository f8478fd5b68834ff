"""The limits that a clock can run into."""

from common.errors import Invalid


class ClockRunsTooLong(Invalid, slug="clock-runs-too-long"):
    """A clock runs for at most 50 years and through at most 20,000 shifts."""


class TargetOutOfReach(Invalid, slug="target-out-of-reach"):
    """The service hours must add up to the target within 50 years."""
