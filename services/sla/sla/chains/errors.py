"""The rules of chains that a request can break."""

from common.errors import Invalid


class ChainTooLarge(Invalid, slug="chain-too-large"):
    """A chain has at most 100 checks: supporting agreements times objectives on incidents plus one."""


class CircularChain(Invalid, slug="circular-chain"):
    """No agreement supports itself, directly or through others."""


class NotUnderpinning(Invalid, slug="not-underpinning"):
    """An agreement is supported by an OLA with a team or an underpinning contract with a vendor."""
