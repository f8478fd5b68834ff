"""A survey and its states."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, Versioned, text_enum
from feedback.schema import Base
from feedback.surveys.errors import SurveyNotDraft, SurveyNotOpen
from feedback.surveys.instruments import INSTRUMENTS, Instrument, InstrumentName, rounding_of

DEFAULT_SMALLEST_N = 5
COMMENT_FACTOR = 2
"""How many times `smallest_n` answers comments need: they give their author away more easily than ratings."""


class SurveyState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class ReleasePolicy(StrEnum):
    """The rule that says when scores are shown."""

    STEPS = "steps"
    """Scores are shown while the survey is open, whenever `smallest_n` more people of a customer have answered."""
    CLOSING = "closing"
    """Scores are shown when the survey closes: no answer is left out of a score that has enough of them."""


class Survey(Identified, Versioned, Base):
    """A question put to the people of customers."""

    __tablename__ = "surveys"
    open_to_customers = True
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
    """The number of answers that a score needs to be shown."""
    release: Mapped[ReleasePolicy] = mapped_column(text_enum(ReleasePolicy, "release"))
    state: Mapped[SurveyState] = mapped_column(text_enum(SurveyState, "surveystate"), default=SurveyState.DRAFT)
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @property
    def scale(self) -> Instrument:
        return INSTRUMENTS[self.instrument]

    @property
    def rounding(self) -> str:
        return rounding_of(self.scoring)

    @property
    def smallest_n_for_comments(self) -> int:
        return COMMENT_FACTOR * self.smallest_n

    def check_draft(self) -> None:
        if self.state is not SurveyState.DRAFT:
            raise SurveyNotDraft(f"The survey is {self.state}; draft another one.")

    def check_open(self) -> None:
        if self.state is not SurveyState.OPEN:
            raise SurveyNotOpen(f"The survey is {self.state}: only an open survey takes invitations and answers.")

    def open(self, at: datetime) -> None:
        self.check_draft()
        self.state, self.opened_at = SurveyState.OPEN, at

    def close(self, at: datetime) -> None:
        self.check_open()
        self.state, self.closed_at = SurveyState.CLOSED, at
