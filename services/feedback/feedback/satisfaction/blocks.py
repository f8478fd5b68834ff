"""Suppression. Pure: answers are released in blocks of at least k, and whatever is published is a sum of whole blocks.

So no arithmetic on published figures, of one day or of many, tells less than k answers apart.
"""

Counts = list[int]
"""How many people gave each rating, from the lowest."""


def add_counts(one: Counts, other: Counts) -> Counts:
    return [a + b for a, b in zip(one, other, strict=True)]


def increment_count(counts: Counts, place: int) -> Counts:
    return [count + (at == place) for at, count in enumerate(counts)]


def is_releasable(held: Counts, smallest_n: int) -> bool:
    """Whether the answers held back are enough to be released together."""
    return sum(held) >= smallest_n


def releasable_remainder(held: Counts, smallest_n: int) -> Counts:
    """What the customers' leftovers add to the overall score once no answer can follow: all of them, or nothing."""
    return held if is_releasable(held, smallest_n) else [0] * len(held)
