"""Suppression of small counts. Pure: answers are released in blocks of at least k.

Whatever is published is a sum of whole blocks, so no arithmetic on published figures tells fewer than k answers apart.
"""

Counts = list[int]
"""The number of people who gave each rating, from the lowest."""


def add_counts(first: Counts, second: Counts) -> Counts:
    return [a + b for a, b in zip(first, second, strict=True)]


def increment_count(counts: Counts, place: int) -> Counts:
    return [count + (index == place) for index, count in enumerate(counts)]


def is_releasable(held: Counts, smallest_n: int) -> bool:
    """Tell whether the answers held back are enough to be released together."""
    return sum(held) >= smallest_n


def releasable_remainder(held: Counts, smallest_n: int) -> Counts:
    """Return what the leftovers of all customers add to the overall score of a closed survey: everything or nothing."""
    return held if is_releasable(held, smallest_n) else [0] * len(held)
