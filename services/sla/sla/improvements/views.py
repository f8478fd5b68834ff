"""How improvements look to clients."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from common.auth.principal import Principal
from common.views import Instant, Name, RequiredText, Text, View
from sla.improvements.effect.analysis import EffectAnalysis, PointRole
from sla.improvements.effect.regression import MIN_POINTS_AFTER
from sla.improvements.effect.verdict import ImprovementVerdict
from sla.improvements.model import Improvement, NoticeOccasion, SourceKind
from sla.improvements.registration import Registration
from sla.improvements.states import ImprovementState

Ids = Annotated[list[UUID], Field(max_length=1000)]


class NewImprovement(View):
    title: Name = Field(examples=["A second cache node"])
    description: Text = Field(default="", examples=["So that one can restart while the other answers."])
    issue_ids: Ids = Field(default=[], description="The issues it comes from: their customers are told of it.")
    customer_ids: Ids = Field(default=[], description="Other customers that wish for it.")


class ImprovementAssessment(View):
    benefit: RequiredText = Field(examples=["No more outages at restarts."])
    effort: RequiredText = Field(examples=["Three days, one node."])
    risk: Text = Field(default="", examples=["The nodes may disagree for seconds."])


class ImprovementRejection(View):
    reason: RequiredText = Field(examples=["The service is retired in March."])


class ImprovementImplementation(View):
    outcome: RequiredText = Field(description="What was done.", examples=["A second node is in place."])
    implemented_at: Instant | None = Field(default=None, description="Absent: now.")


class VerificationExtension(View):
    periods_after: int = Field(ge=MIN_POINTS_AFTER, le=240, description="More than before.", examples=[12])


class CustomerNotification(View):
    how: RequiredText = Field(
        description="By which channel, and what was said.", examples=["Mail to the service owner."]
    )


class ImprovementAssessmentView(View):
    benefit: str
    effort: str
    risk: str
    by: str
    at: Instant


class ImprovementSourceView(View):
    kind: SourceKind
    subject: UUID | None = Field(description="The issue or survey.")
    customer_id: UUID | None
    triggers: list[dict[str, Any]] = Field(description="`from` and `to` of the times in which the trouble was.")


class ImprovementNoticeView(View):
    """A customer that is to be told."""

    id: UUID
    customer_id: UUID
    occasion: NoticeOccasion
    told_at: Instant | None
    told_by: str | None
    how: str | None


class RegressionFitView(View):
    effect: float = Field(description="Percent on a relative scale, or else in the unit of the measure.")
    low: float = Field(description="Lower end of the 95 % interval.")
    high: float
    shows: bool = Field(description="Whether there is an effect.")
    before: int = Field(description="Points.")
    after: int
    terms: list[str] = Field(description="Of the regression.")
    lags: int = Field(description="Over how many neighbours its errors look.")
    freedom: int = Field(description="Degrees of freedom.")


class SeriesPointView(View):
    first_day: date
    value: float | None
    control: float | None
    role: PointRole


class ImprovementSummary(View):
    id: UUID
    title: str
    description: str
    state: ImprovementState
    verdict: ImprovementVerdict | None
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
    def from_entity(cls, improvement: Improvement, reader: Principal) -> Self:
        view = cls.model_validate(improvement)
        mine = reader.customer_id
        if mine is not None:
            view.customer_ids = [mine]
        return view


class ImprovementView(ImprovementSummary):
    assessment: ImprovementAssessmentView | None
    registration: Registration | None
    periods_after: int | None
    because: list[str] = Field(default=[], description="The verdict in sentences.")
    sources: list[ImprovementSourceView]
    notices: list[ImprovementNoticeView] = Field(description="Who is to be told, and who was told when.")

    @classmethod
    def from_entity(cls, improvement: Improvement, reader: Principal) -> Self:
        view = super().from_entity(improvement, reader)
        view.because = (improvement.evidence or {}).get("because", [])
        mine = reader.customer_id
        if mine is not None:
            view.assessment = None
            view.sources = [source for source in view.sources if source.customer_id == mine]
            view.notices = [notice for notice in view.notices if notice.customer_id == mine]
        return view


class ImprovementEffectView(View):
    improvement_id: UUID
    verdict: ImprovementVerdict | None = Field(
        description="Null until it is final: looking again and again finds anything."
    )
    because: list[str]
    registration: Registration
    points: list[SeriesPointView]
    effect: RegressionFitView | None
    control: RegressionFitView | None
    placebo: RegressionFitView | None = Field(description="Can be looked at beforehand.")

    @classmethod
    def from_entity(cls, improvement: Improvement) -> Self:
        return cls(
            improvement_id=improvement.id,
            verdict=improvement.verdict,
            registration=improvement.parsed_registration,
            **(improvement.evidence or {}),
        )

    @classmethod
    def from_analysis(cls, improvement: Improvement, found: EffectAnalysis) -> Self:
        placebo = found.compute_placebo_fit()
        points = [SeriesPointView.model_validate(document) for document in found.points_as_json()]
        after = sum(point.role is PointRole.AFTER and point.value is not None for point in points)
        return cls(
            improvement_id=improvement.id,
            verdict=None,
            because=[f"Preliminary: {after} of {improvement.periods_after} points after the improvement have come."],
            registration=found.registration,
            points=points,
            effect=None,
            control=None,
            placebo=RegressionFitView.model_validate(placebo._asdict()) if placebo else None,
        )
