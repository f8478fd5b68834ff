"""What the people of one customer answered to one survey, as counts."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified
from feedback.satisfaction.blocks import Counts, add_counts, increment_count, is_releasable
from feedback.satisfaction.scores import Share, compute_share
from feedback.schema import Base
from feedback.surveys.instruments import Instrument
from feedback.surveys.model import Survey


class Cohort(Identified, Base):
    """One customer's people who were invited to a survey. Their answers are counted here, without names or instants."""

    __tablename__ = "cohorts"
    __audited__ = False
    """A trail of single counts would tell who gave which rating."""
    __table_args__ = (
        UniqueConstraint("survey_id", "customer_id"),
        CheckConstraint("population >= invited", name="population_holds_invited"),
    )

    survey_id: Mapped[UUID] = mapped_column(ForeignKey(Survey.id))
    customer_id: Mapped[UUID] = mapped_column(index=True)
    invited: Mapped[int]
    population: Mapped[int]
    """How many people the customer had when some of them were last invited."""
    held: Mapped[Counts] = mapped_column(ARRAY(Integer))
    """Answers per rating that are too few to be shown yet."""
    released: Mapped[Counts] = mapped_column(ARRAY(Integer))
    blocks: Mapped[int]
    """How many blocks of answers have been released."""
    revision: Mapped[int]
    """Of what the other services were told."""

    @property
    def answered(self) -> int:
        return sum(self.held) + self.n

    @property
    def n(self) -> int:
        """How many answers the score stands on."""
        return sum(self.released)

    def add_invitations(self, invited: int, members: int) -> None:
        """More people were invited. Somebody invited before may have left: they still belong to the population."""
        self.invited += invited
        self.population = max(self.population, members, self.invited)

    def add_answer(self, place: int) -> None:
        self.held = increment_count(self.held, place)

    def release_block(self, smallest_n: int) -> None:
        if is_releasable(self.held, smallest_n):
            self.released = add_counts(self.released, self.held)
            self.held = [0] * len(self.held)
            self.blocks += 1

    def score(self, instrument: Instrument) -> Share | None:
        return compute_share(instrument.count_satisfied(self.released), self.n, self.population) if self.n else None


@dataclass(frozen=True, slots=True)
class CohortTotals:
    """All cohorts of a survey together."""

    invited: int
    population: int
    held: Counts
    released: Counts
