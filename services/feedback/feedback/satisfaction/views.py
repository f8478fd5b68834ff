"""The answers about scores: a score always comes with its interval, its n and its population."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import computed_field

from common.http.paging import Page
from common.names.references import Reference, look_up
from common.unit_of_work import UnitOfWork
from common.views import View
from feedback.satisfaction.model import Cohort, CohortTotals
from feedback.satisfaction.score_intervals import Share, compute_share, percentage
from feedback.satisfaction.suppression import add_counts, releasable_remainder
from feedback.surveys.model import Survey, SurveyState
from feedback.surveys.views import SurveyView


class ScoreStatus(StrEnum):
    MEASURED = "measured"
    SUPPRESSED = "suppressed"
    """There are answers, but too few to show a score."""
    UNANSWERED = "unanswered"


class Interval(View):
    low: Decimal
    high: Decimal
    level: int = 95
    method: str = "wilson"
    population: int
    """The finite population that the interval is corrected for."""


class Withheld(View):
    """The reason why something is not shown: too few answers, or else that the survey is not closed."""

    answered: int
    needed: int


class Measure(View):
    """A score with its response rate; percentages have two decimals."""

    invited: int
    answered: int
    response_rate: Decimal | None
    """The answers in percent of the invitations; null when nobody was invited."""
    status: ScoreStatus
    n: int
    """The number of answers that the score is computed from; some may be held back to protect their authors."""
    score: Decimal | None
    interval: Interval | None
    withheld: Withheld | None = None
    """Why there are answers and no score; null otherwise."""
    comments_withheld: Withheld | None = None
    """Why the comments of a customer are not shown, if its people have answered; null otherwise."""

    @classmethod
    def from_counts(
        cls, survey: Survey, invited: int, answered: int, n: int, share: Share | None, population: int
    ) -> "Measure":
        unscored = ScoreStatus.SUPPRESSED if answered else ScoreStatus.UNANSWERED
        return cls(
            invited=invited,
            answered=answered,
            response_rate=percentage(answered, invited),
            status=ScoreStatus.MEASURED if share else unscored,
            n=n,
            score=share.score if share else None,
            interval=Interval(low=share.low, high=share.high, population=population) if share else None,
            withheld=Withheld(answered=answered, needed=survey.smallest_n) if answered and not share else None,
        )

    @classmethod
    def from_cohort(cls, survey: Survey, cohort: Cohort) -> "Measure":
        share, answered = cohort.score(survey), cohort.answered
        measure = cls.from_counts(survey, cohort.invited, answered, cohort.n, share, cohort.population)
        if answered and cohort.n < survey.smallest_n_for_comments:
            measure.comments_withheld = Withheld(answered=answered, needed=survey.smallest_n_for_comments)
        return measure


class CustomerMeasure(View):
    customer_id: UUID
    customer: Reference = look_up("customer")
    measure: Measure

    @computed_field(description="As in `customer`; null until the customer is known here.")  # type: ignore[prop-decorator]
    @property
    def customer_name(self) -> str | None:
        return self.customer.name

    @classmethod
    def from_cohort(cls, survey: Survey, cohort: Cohort) -> "CustomerMeasure":
        return cls(customer_id=cohort.customer_id, measure=Measure.from_cohort(survey, cohort))


class SurveyMeasure(View):
    survey: SurveyView
    measure: Measure

    @classmethod
    def from_cohort(cls, work: UnitOfWork, survey: Survey, cohort: Cohort) -> "SurveyMeasure":
        return cls(survey=SurveyView.from_survey(work, survey), measure=Measure.from_cohort(survey, cohort))


class SatisfactionView(View):
    survey: SurveyView
    overall: Measure | None
    """The score of all customers; null for a customer, who sees only its own.

    It is computed from the answers behind the customers' scores. Answers of suppressed customers join it when the
    survey closes, if there are enough of them together: else subtracting one figure from another would uncover them.
    """
    customers: Page[CustomerMeasure]


def build_overall_measure(survey: Survey, totals: CohortTotals) -> Measure:
    released = totals.released_counts
    if survey.state is SurveyState.CLOSED:
        released = add_counts(released, releasable_remainder(totals.held_counts, survey.smallest_n))
    n = sum(released)
    return Measure.from_counts(
        survey,
        invited=totals.invited,
        answered=sum(totals.held_counts) + sum(totals.released_counts),
        n=n,
        share=compute_share(survey.scale.count_satisfied(released), n, totals.population, survey.rounding),
        population=totals.population,
    )
