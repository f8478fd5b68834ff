"""A survey, and what may be done to it in which state."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, Versioned, text_enum
from common.errors import DomainError
from feedback.schema import Base
from feedback.surveys.instruments import INSTRUMENTS, Instrument, InstrumentName

DEFAULT_SMALLEST_N = 5


class SurveyNotDraft(DomainError, slug="survey-not-draft"):
    """A survey is changed, and opened, while it is a draft: from its opening on respondents rely on its terms."""


class SurveyNotOpen(DomainError, slug="survey-not-open"):
    """People are invited to an open survey, answer it while it is open, and only an open survey is closed."""


class SurveyState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class ReleasePolicy(StrEnum):
    """When scores are shown."""

    STEPS = "steps"
    """While the survey is open, whenever `smallest_n` more people of a customer have answered."""
    CLOSING = "closing"
    """Once, when the survey closes: no answer is left out of the score of a customer with enough of them."""


class Survey(Identified, Versioned, Base):
    __tablename__ = "surveys"
    __table_args__ = (
        CheckConstraint("smallest_n >= 1", name="smallest_n_positive"),
        CheckConstraint("(state = 'draft') = (opened_at IS NULL)", name="opened_unless_draft"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at_when_closed"),
    )

    name: Mapped[str]
    question: Mapped[str]
    instrument: Mapped[InstrumentName] = mapped_column(text_enum(InstrumentName, "instrumentname"))
    scoring: Mapped[str]
    smallest_n: Mapped[int]
    """Fewer answers than these are not shown as a score."""
    release: Mapped[ReleasePolicy] = mapped_column(text_enum(ReleasePolicy, "release"))
    state: Mapped[SurveyState] = mapped_column(text_enum(SurveyState, "surveystate"), default=SurveyState.DRAFT)
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @property
    def scale(self) -> Instrument:
        return INSTRUMENTS[self.instrument]

    def check_draft(self) -> None:
        if self.state is not SurveyState.DRAFT:
            raise SurveyNotDraft(f"The survey is {self.state}.")

    def check_open(self) -> None:
        if self.state is not SurveyState.OPEN:
            raise SurveyNotOpen(f"The survey is {self.state}.")

    def open(self, at: datetime) -> None:
        self.check_draft()
        self.state, self.opened_at = SurveyState.OPEN, at

    def close(self, at: datetime) -> None:
        self.check_open()
        self.state, self.closed_at = SurveyState.CLOSED, at
