"""Nothing suppressed can be recovered by arithmetic from anything published at any time, over 1,000 random surveys."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import pytest

from feedback.satisfaction.model import Cohort, CohortTotals
from feedback.satisfaction.views import ScoreStatus, build_overall_measure
from feedback.surveys.instruments import InstrumentName
from feedback.surveys.model import ReleasePolicy, Survey, SurveyState


@dataclass
class Played:
    """A survey answered in random order; every answer is known by number, so that figures are sets of answers."""

    k: int
    published: set[frozenset[int]] = field(default_factory=set)
    """The sets of answers that some figure, at some time, stood on."""
    shown: dict[int, frozenset[int]] = field(default_factory=dict)


def cohort() -> Cohort:
    return Cohort(invited=0, population=0, held_counts=[0] * 5, released_counts=[0] * 5, blocks=0, revision=0)


def play(seed: int) -> Played:
    """The rules of the satisfaction room, on numbered answers."""
    luck = random.Random(seed)
    k, customers = luck.randint(2, 6), luck.randint(1, 6)
    survey = Survey(smallest_n=k, instrument=InstrumentName.CSAT_5, scoring="csat-5/2", state=SurveyState.OPEN)
    release = luck.choice(list(ReleasePolicy))
    cohorts = [cohort() for _ in range(customers)]
    behind: list[list[int]] = [[] for _ in range(customers)]
    played = Played(k)

    def publish() -> None:
        for number, cohort in enumerate(cohorts):
            if cohort.n:
                played.shown[number] = frozenset(behind[number][: cohort.n])
                played.published.add(played.shown[number])
        totals = CohortTotals(
            0,
            10_000,
            _sum(cohort.held_counts for cohort in cohorts),
            _sum(cohort.released_counts for cohort in cohorts),
        )
        everything = build_overall_measure(survey, totals)
        answers = frozenset().union(*(behind[number][: cohort.n] for number, cohort in enumerate(cohorts)))
        if everything.n > len(answers):
            answers = frozenset().union(*behind)
        assert everything.n == len(answers)
        played.published.add(answers)

    for answer in range(luck.randint(0, 40)):
        number = luck.randrange(customers)
        cohorts[number].add_answer(luck.randrange(5))
        behind[number].append(answer)
        if release is ReleasePolicy.STEPS:
            cohorts[number].release_block(k)
        publish()
    survey.state = SurveyState.CLOSED
    for customer_cohort in cohorts:
        customer_cohort.release_block(k)
    publish()
    return played


def _sum(counts: Iterator[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*counts, strict=True)] or [0] * 5


def atoms(figures: set[frozenset[int]]) -> set[frozenset[int]]:
    """The answers that no figure tells apart: whatever sums and differences yield is a union of these."""
    everybody = frozenset().union(*figures)
    classes: dict[frozenset[frozenset[int]], set[int]] = {}
    for answer in everybody:
        classes.setdefault(frozenset(figure for figure in figures if answer in figure), set()).add(answer)
    return {frozenset(members) for members in classes.values()}


@pytest.mark.parametrize("start", range(0, 1000, 100))
def test_no_arithmetic_tells_fewer_than_k_answers_apart(start: int) -> None:
    for seed in range(start, start + 100):
        played = play(seed)
        assert all(len(atom) >= played.k for atom in atoms(played.published)), seed


def test_the_check_itself_finds_a_leak() -> None:
    """Published at every answer, two figures tell one answer apart."""
    assert frozenset([5]) in atoms({frozenset(range(5)), frozenset(range(6))})


def test_every_figure_stands_on_k_answers_and_every_difference_does() -> None:
    for seed in range(200):
        played = play(seed)
        for first, second in combinations(played.published, 2):
            difference = first ^ second
            assert not difference or len(difference) >= played.k, seed
        assert all(not figure or len(figure) >= played.k for figure in played.published)


def test_a_customer_with_too_few_answers_is_not_in_the_overall_score_either() -> None:
    survey = Survey(smallest_n=5, instrument=InstrumentName.CSAT_5, scoring="csat-5/2", state=SurveyState.CLOSED)
    small, large = cohort(), cohort()
    for _ in range(4):
        small.add_answer(4)
    for _ in range(9):
        large.add_answer(0)
    for part in (small, large):
        part.release_block(5)
    measure = build_overall_measure(
        survey, CohortTotals(20, 20, _sum(iter([small.held_counts, large.held_counts])), large.released_counts)
    )
    assert (small.n, large.n, measure.n, measure.answered) == (0, 9, 9, 13)
    assert measure.status is ScoreStatus.MEASURED
    assert measure.score == 0


def test_leftovers_of_several_customers_are_shown_together_once_nobody_can_answer() -> None:
    survey = Survey(smallest_n=5, instrument=InstrumentName.CSAT_5, scoring="csat-5/2", state=SurveyState.OPEN)
    totals = CohortTotals(20, 20, held_counts=[0, 0, 0, 3, 3], released_counts=[0] * 5)
    assert build_overall_measure(survey, totals).status is ScoreStatus.SUPPRESSED
    survey.state = SurveyState.CLOSED
    assert build_overall_measure(survey, totals).n == 6
