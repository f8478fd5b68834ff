"""How available a whole can be, against counting: outages laid out in every way on a short timeline."""

from fractions import Fraction
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from sla.chains.availability_bounds import AvailabilityBounds, combine_bounds, longest_overlap


def promise(share: Fraction) -> AvailabilityBounds:
    return AvailabilityBounds(share, share, share)


def exactly(*shares: str) -> list[AvailabilityBounds]:
    return [promise(Fraction(share)) for share in shares]


def test_in_a_row_outages_add_up_at_worst_and_coincide_at_best() -> None:
    bounds = combine_bounds(exactly("0.999", "0.995"), needed=2)
    assert bounds.worst == Fraction("0.994")
    assert bounds.independent == Fraction("0.999") * Fraction("0.995")
    assert bounds.best == Fraction("0.995")


def test_of_two_that_stand_in_for_each_other_one_is_enough() -> None:
    bounds = combine_bounds(exactly("0.99", "0.9"), needed=1)
    assert bounds.worst == Fraction("0.99")
    assert bounds.independent == 1 - Fraction("0.01") * Fraction("0.1")
    assert bounds.best == 1


def test_two_of_three() -> None:
    bounds = combine_bounds(exactly("0.9", "0.9", "0.9"), needed=2)
    assert bounds.worst == 1 - Fraction("0.15")
    assert bounds.independent == Fraction("0.972")
    assert bounds.best == 1


def test_redundant_groups_in_a_row() -> None:
    network, database = combine_bounds(exactly("0.99", "0.99"), 1), combine_bounds(exactly("0.999"), 1)
    bounds = combine_bounds([network, database], 2)
    assert bounds.worst == Fraction("0.989")
    assert bounds.independent == Fraction("0.9999") * Fraction("0.999")
    assert bounds.best == Fraction("0.999")


def test_what_promises_nothing_may_never_work() -> None:
    assert combine_bounds(
        [AvailabilityBounds(Fraction(0), Fraction(0), Fraction(1)), *exactly("0.999")], 2
    ) == AvailabilityBounds(Fraction(0), Fraction(0), Fraction("0.999"))


SLOTS = 4


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, SLOTS), min_size=1, max_size=3), st.data())
def test_the_longest_time_together_is_never_beaten_and_reached_where_slots_are_fine_enough(
    lengths: list[int], data: st.DataObject
) -> None:
    needed = data.draw(st.integers(1, len(lengths)))
    ways = [list(combinations(range(SLOTS), length)) for length in lengths]
    together = max(
        sum(sum(slot in slots_held for slots_held in way) >= needed for slot in range(SLOTS)) for way in product(*ways)
    )
    bound = longest_overlap([Fraction(length, SLOTS) for length in lengths], needed)
    assert bound >= Fraction(together, SLOTS)
    assert bound < Fraction(together + 1, SLOTS)


@given(st.lists(st.fractions(0, 1), min_size=1, max_size=6), st.data())
def test_chance_lies_between_the_worst_and_the_best(shares: list[Fraction], data: st.DataObject) -> None:
    needed = data.draw(st.integers(1, len(shares)))
    bounds = combine_bounds([promise(share) for share in shares], needed)
    assert 0 <= bounds.worst <= bounds.independent <= bounds.best <= 1
    if needed == len(shares):
        assert bounds.best == min(shares)
        assert bounds.worst == max(0, 1 - sum(1 - share for share in shares))


@given(st.lists(st.fractions(0, 1), min_size=1, max_size=4), st.data())
def test_chance_is_the_sum_over_all_that_can_happen(shares: list[Fraction], data: st.DataObject) -> None:
    needed = data.draw(st.integers(1, len(shares)))
    expected = Fraction(0)
    for working in product((False, True), repeat=len(shares)):
        chance = Fraction(1)
        for share, works in zip(shares, working, strict=True):
            chance *= share if works else 1 - share
        expected += chance if sum(working) >= needed else 0
    assert combine_bounds([promise(share) for share in shares], needed).independent == expected
