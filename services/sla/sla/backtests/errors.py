"""The limits of back-tests."""

from common.errors import Invalid


class BacktestTooLarge(Invalid, slug="backtest-too-large"):
    """A back-test covers at most five years, and is computed in half a minute."""


class BacktestNotInPast(Invalid, slug="backtest-not-in-past"):
    """A back-test covers time that is over, from a first day to a last one."""
