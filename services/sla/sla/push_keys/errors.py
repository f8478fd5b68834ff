"""The rules of push keys and their limits."""

from datetime import timedelta
from math import ceil

from common.errors import Conflict, DomainError, Invalid


class KeyRevoked(Conflict, slug="key-revoked"):
    """A revoked key is not changed; create another one."""


class LimitedIndicatorNotDefined(Invalid, slug="limited-indicator-not-defined"):
    """The limits of a key name indicators that are defined."""


class TooManySamples(DomainError, slug="too-many-samples"):
    """More is pushed with this key than its limits allow; send later, or ask for a higher limit."""

    status = 429

    def __init__(self, samples_per_minute: int, wait: timedelta) -> None:
        super().__init__(f"This key may push {samples_per_minute} samples a minute, and has pushed more.")
        self.headers = {"Retry-After": str(ceil(wait.total_seconds()))}
