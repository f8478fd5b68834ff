"""How available a whole is, of which so many parts have to work, exactly: between the best and the worst of luck."""

# A promise says how much of the time may be bad, not when. At worst the outages of parts that are all needed never
# coincide, and those of parts that stand in for each other always do; at best it is the other way round. In between lie
# outages that know nothing of each other.

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class AvailabilityBounds:
    """Shares of the time in which the whole works."""

    worst: Fraction
    independent: Fraction
    best: Fraction

    @classmethod
    def from_share(cls, share: Fraction) -> Self:
        return cls(share, share, share)


def combine_bounds(parts: Sequence[AvailabilityBounds], needed: int) -> AvailabilityBounds:
    """Of parts of which `needed` have to work at any time."""
    outages = [1 - part.worst for part in parts]
    return AvailabilityBounds(
        worst=1 - longest_overlap(outages, len(parts) - needed + 1),
        independent=_by_chance([part.independent for part in parts], needed),
        best=longest_overlap([part.best for part in parts], needed),
    )


def longest_overlap(shares: Sequence[Fraction], needed: int) -> Fraction:
    """The longest share of the time at which at least `needed` of several things can be so at once, each being so in
    its share. It is the largest t with: sum of min(share, t) >= needed * t.
    """
    ordered, found = sorted(shares), ONE
    before = Fraction(0)
    for place, share in enumerate(ordered, start=1):
        before += share
        others = len(ordered) - place
        if others < needed:
            found = min(found, before / (needed - others))
    return found


def _by_chance(shares: Sequence[Fraction], needed: int) -> Fraction:
    """The probability that at least so many work, if none depends on another."""
    working = [ONE]
    for share in shares:
        working = [
            (working[count] if count < len(working) else 0) * (1 - share) + (working[count - 1] * share if count else 0)
            for count in range(len(working) + 1)
        ]
    return sum(working[needed:], Fraction(0))
