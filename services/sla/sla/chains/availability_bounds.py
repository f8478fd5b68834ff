"""How available a whole is of which so many parts have to work, exactly: between the best and the worst of luck."""

# A promise says how much of the time may be bad, not when. At worst the outages of parts that are all needed never
# coincide, and those of parts that stand in for each other always do; at best it is the other way round. In between lie
# outages that are independent of each other.

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class AvailabilityBounds:
    """Shares of the time in which the whole works."""

    worst: Fraction
    independent: Fraction
    best: Fraction


def combine_bounds(parts: Sequence[AvailabilityBounds], needed: int) -> AvailabilityBounds:
    """Return the availability of a whole of which `needed` parts have to work at any time."""
    outages = [1 - part.worst for part in parts]
    return AvailabilityBounds(
        worst=1 - longest_overlap(outages, len(parts) - needed + 1),
        independent=_probability([part.independent for part in parts], needed),
        best=longest_overlap([part.best for part in parts], needed),
    )


def longest_overlap(shares: Sequence[Fraction], needed: int) -> Fraction:
    """Return the longest share of the time in which `needed` things can happen at once, each in its own share.

    It is the largest t for which the sum of min(share, t) is at least needed * t.
    """
    longest, total = ONE, Fraction(0)
    for place, share in enumerate(sorted(shares), start=1):
        total += share
        longer_shares = len(shares) - place
        if longer_shares < needed:
            longest = min(longest, total / (needed - longer_shares))
    return longest


def _probability(shares: Sequence[Fraction], needed: int) -> Fraction:
    """Return the probability that at least `needed` parts work, when none depends on another."""
    working = [ONE]
    for share in shares:
        working = [
            (working[count] if count < len(working) else 0) * (1 - share) + (working[count - 1] * share if count else 0)
            for count in range(len(working) + 1)
        ]
    return sum(working[needed:], Fraction(0))
