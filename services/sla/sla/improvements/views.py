"""How improvements look to clients."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from common.auth.principal import Principal
from common.views import Instant, Name, Said, Text, View
from sla.improvements.effect import LEAST_AFTER
from sla.improvements.examining import Examination, Role
from sla.improvements.measures import Registration
from sla.improvements.model import Improvement, Occasion, SourceKind
from sla.improvements.states import ImprovementState
from sla.improvements.verdict import Verdict

Ids = Annotated[list[UUID], Field(max_length=1000)]


class NewImprovement(View):
    title: Name = Field(examples=["A second cache node"])
    description: Text = Field(default="", examples=["So that one can restart while the other answers."])
    issue_ids: Ids = Field(default=[], description="The issues it comes from: their customers are told of it.")
    customer_ids: Ids = Field(default=[], description="Other customers that wish for it.")


class Assessment(View):
    benefit: Said = Field(examples=["No more outages at restarts."])
    effort: Said = Field(examples=["Three days, one node."])
    risk: Text = Field(default="", examples=["The nodes may disagree for seconds."])


class Rejection(View):
    reason: Said = Field(examples=["The service is retired in March."])


class Implementation(View):
    outcome: Said = Field(description="What was done.", examples=["A second node is in place."])
    implemented_at: Instant | None = Field(default=None, description="Absent: now.")


class Extension(View):
    periods_after: int = Field(ge=LEAST_AFTER, le=240, description="More than before.", examples=[12])


class Telling(View):
    how: Said = Field(description="By which channel, and what was said.", examples=["Mail to the service owner."])


class AssessmentView(View):
    benefit: str
    effort: str
    risk: str
    by: str
    at: Instant


class SourceView(View):
    kind: SourceKind
    subject: UUID | None = Field(description="The issue or survey.")
    customer_id: UUID | None
    triggers: list[dict[str, Any]] = Field(description="`from` and `to` of the times in which the trouble was.")


class NoticeView(View):
    """A customer that is to be told."""

    id: UUID
    customer_id: UUID
    occasion: Occasion
    told_at: Instant | None
    told_by: str | None
    how: str | None


class FitView(View):
    effect: float = Field(description="Percent on a relative scale, or else in the unit of the measure.")
    low: float = Field(description="Lower end of the 95 % interval.")
    high: float
    shows: bool = Field(description="Whether there is an effect.")
    before: int = Field(description="Points.")
    after: int
    terms: list[str] = Field(description="Of the regression.")
    lags: int = Field(description="Over how many neighbours its errors look.")
    freedom: int = Field(description="Degrees of freedom.")


class PointView(View):
    first_day: date
    value: float | None
    control: float | None
    role: Role


class ImprovementSummary(View):
    id: UUID
    title: str
    description: str
    state: ImprovementState
    verdict: Verdict | None
    customer_ids: list[UUID]
    proposed_by: str
    proposed_at: Instant
    approved_by: str | None
    approved_at: Instant | None
    registered_at: Instant | None
    started_at: Instant | None
    implemented_at: Instant | None
    outcome: str | None = Field(description="What was done, or why it was rejected.")
    next_step_at: Instant | None = Field(description="When it begins to be verified, or gets its verdict, by itself.")
    verified_at: Instant | None
    closed_at: Instant | None

    @classmethod
    def of(cls, improvement: Improvement, reader: Principal) -> Self:
        view = cls.model_validate(improvement)
        mine = reader.customer_id
        if mine is not None:
            view.customer_ids = [mine]
        return view


class ImprovementView(ImprovementSummary):
    assessment: AssessmentView | None
    registration: Registration | None
    periods_after: int | None
    because: list[str] = Field(default=[], description="The verdict in sentences.")
    sources: list[SourceView]
    notices: list[NoticeView] = Field(description="Who is to be told, and who was told when.")

    @classmethod
    def of(cls, improvement: Improvement, reader: Principal) -> Self:
        view = super().of(improvement, reader)
        view.because = (improvement.evidence or {}).get("because", [])
        mine = reader.customer_id
        if mine is not None:
            view.assessment = None
            view.sources = [source for source in view.sources if source.customer_id == mine]
            view.notices = [notice for notice in view.notices if notice.customer_id == mine]
        return view


class EffectView(View):
    improvement_id: UUID
    verdict: Verdict | None = Field(description="Null until it is final: looking again and again finds anything.")
    because: list[str]
    registration: Registration
    points: list[PointView]
    effect: FitView | None
    control: FitView | None
    placebo: FitView | None = Field(description="Can be looked at beforehand.")

    @classmethod
    def final(cls, improvement: Improvement) -> Self:
        return cls(
            improvement_id=improvement.id,
            verdict=improvement.verdict,
            registration=improvement.registered,
            **(improvement.evidence or {}),
        )

    @classmethod
    def preliminary(cls, improvement: Improvement, found: Examination) -> Self:
        placebo = found.placebo()
        points = [PointView.model_validate(document) for document in found.documents()]
        after = sum(point.role is Role.AFTER and point.value is not None for point in points)
        return cls(
            improvement_id=improvement.id,
            verdict=None,
            because=[f"Preliminary: {after} of {improvement.periods_after} points after the improvement have come."],
            registration=found.registered,
            points=points,
            effect=None,
            control=None,
            placebo=FitView.model_validate(placebo._asdict()) if placebo else None,
        )
