"""The rules of chains that a request can break."""

from common.errors import Invalid


class CircularChain(Invalid, slug="circular-chain"):
    """No agreement supports itself, directly or through others."""


class NotUnderpinning(Invalid, slug="not-underpinning"):
    """An agreement is supported by an OLA with a team or an underpinning contract with a vendor."""
