"""The answers of one customer's people to one survey, as counts."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified
from feedback.satisfaction.score_intervals import Share, compute_share
from feedback.satisfaction.suppression import Counts, add_counts, increment_count, is_releasable
from feedback.schema import Base
from feedback.surveys.model import Survey


class Cohort(Identified, Base):
    """The people of one customer who were invited to a survey. Their answers are counted without names or times."""

    __tablename__ = "cohorts"
    __audited__ = False
    """An audit trail of single counts would give ratings away."""
    __table_args__ = (
        UniqueConstraint("survey_id", "customer_id"),
        CheckConstraint("population >= invited", name="population_holds_invited"),
    )

    survey_id: Mapped[UUID] = mapped_column(ForeignKey(Survey.id))
    customer_id: Mapped[UUID] = mapped_column(index=True)
    invited: Mapped[int]
    population: Mapped[int]
    """The number of people the customer had when some of them were last invited."""
    held_counts: Mapped[Counts] = mapped_column("held", ARRAY(Integer))
    """The answers per rating that are too few to be shown yet."""
    released_counts: Mapped[Counts] = mapped_column("released", ARRAY(Integer))
    blocks: Mapped[int]
    """The number of blocks of answers that were released."""
    revision: Mapped[int]
    """The revision of the score that was last published."""

    @property
    def answered(self) -> int:
        return sum(self.held_counts) + self.n

    @property
    def n(self) -> int:
        """Return the number of answers that the score is computed from."""
        return sum(self.released_counts)

    def add_invitations(self, invited: int, members: int) -> None:
        """Count more invitations. A person invited earlier who has left still belongs to the population."""
        self.invited += invited
        self.population = max(self.population, members, self.invited)

    def add_answer(self, place: int) -> None:
        self.held_counts = increment_count(self.held_counts, place)

    def release_block(self, smallest_n: int) -> None:
        if is_releasable(self.held_counts, smallest_n):
            self.released_counts = add_counts(self.released_counts, self.held_counts)
            self.held_counts = [0] * len(self.held_counts)
            self.blocks += 1

    def score(self, survey: Survey) -> Share | None:
        satisfied = survey.scale.count_satisfied(self.released_counts)
        return compute_share(satisfied, self.n, self.population, survey.rounding)


@dataclass(frozen=True, slots=True)
class CohortTotals:
    """The sums over all cohorts of a survey."""

    invited: int
    population: int
    held_counts: Counts
    released_counts: Counts
