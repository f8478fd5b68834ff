"""Request and response shapes of improvements."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AliasChoices, Field

from common.http.conventions.open_actions import ActionNames, OpenAction, list_open_actions
from common.http.request_scope import AsManager, AsOwner
from common.names.references import Reference, look_up
from common.unit_of_work import UnitOfWork
from common.views import Instant, Name, RequiredText, Text, View
from sla.improvements.effect.regression import MIN_POINTS_AFTER
from sla.improvements.effect.verdict import ImprovementVerdict
from sla.improvements.effect_analysis import PointRole
from sla.improvements.model import Improvement, NoticeOccasion, SourceKind
from sla.improvements.registration import Registration
from sla.improvements.states import ImprovementState

Ids = Annotated[list[UUID], Field(max_length=1000)]


class NewImprovement(View):
    title: Name = Field(examples=["A second cache node"])
    description: Text = Field(default="", examples=["So that one can restart while the other answers."])
    issue_ids: Ids = Field(default=[], description="The issues it comes from; their customers are notified.")
    customer_ids: Ids = Field(default=[], description="Other customers that asked for it.")


class ImprovementAssessment(View):
    benefit: RequiredText = Field(examples=["No more outages at restarts."])
    effort: RequiredText = Field(examples=["Three days, one node."])
    risk: Text = Field(default="", examples=["The nodes may disagree for seconds."])


class ImprovementImplementation(View):
    outcome: RequiredText = Field(description="What was done.", examples=["A second node is in place."])
    implemented_at: Instant | None = Field(default=None, description="Default: now.")


class VerificationExtension(View):
    periods_after: int = Field(ge=MIN_POINTS_AFTER, le=240, description="More periods than before.", examples=[12])


class CustomerNotification(View):
    how: RequiredText = Field(description="The channel, and what was said.", examples=["Mail to the service owner."])


class ImprovementAssessmentView(ImprovementAssessment):
    by: str
    at: Instant


class ImprovementSourceView(View):
    kind: SourceKind
    subject: UUID | None = Field(description="The issue or survey.")
    customer_id: UUID | None
    customer: Reference | None = look_up("customer")
    triggers: list[dict[str, Any]] = Field(description="`from` and `to` of the times of trouble.")


class ImprovementNoticeView(View):
    """A customer to notify, and when and how that was done."""

    id: UUID
    customer_id: UUID
    customer: Reference = look_up("customer")
    occasion: NoticeOccasion
    notified_at: Instant | None
    notified_by: str | None
    how: str | None


class RegressionFitView(View):
    effect: float = Field(description="Percent on a relative scale, else in the unit of the measure.")
    low: float = Field(description="Lower end of the 95 % interval.")
    high: float
    significant: bool = Field(
        description="Whether there is an effect.", validation_alias=AliasChoices("significant", "shows")
    )
    before: int = Field(description="Number of points before the change.")
    after: int
    terms: list[str] = Field(description="The terms of the regression.")
    lags: int = Field(description="How many neighbouring points the errors allow for.")
    degrees_of_freedom: int = Field(validation_alias=AliasChoices("degrees_of_freedom", "freedom"))


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
    customers: list[Reference] = look_up("customer", "customer_ids")
    proposed_by: str
    proposed_at: Instant
    approved_by: str | None
    approved_at: Instant | None
    registered_at: Instant | None
    started_at: Instant | None
    implemented_at: Instant | None
    outcome: str | None = Field(description="What was done, or why it was rejected.")
    next_step_at: Instant | None = Field(description="When it is verified, or gets its verdict, automatically.")
    verified_at: Instant | None
    closed_at: Instant | None
    actions: ActionNames

    @classmethod
    def for_reader(cls, improvement: Improvement, work: UnitOfWork) -> Self:
        """Build the view; a customer sees itself alone."""
        actions = list_open_actions(work, IMPROVEMENT_ACTIONS, improvement)
        view = cls.from_entity(improvement, actions=actions)
        if work.principal.customer_id is not None:
            view.hide_from_customer(work.principal.customer_id)
        return view

    def hide_from_customer(self, customer_id: UUID) -> None:
        self.customer_ids = [customer_id]


IMPROVEMENT_ACTIONS = {
    "register": OpenAction[Improvement](AsOwner, lambda _, improvement: improvement.check_registrable()),
    "assess": OpenAction[Improvement](AsOwner, lambda _, improvement: improvement.check_assessable()),
    "approve": OpenAction[Improvement](
        AsManager, lambda work, improvement: improvement.check_approvable(work.principal.subject)
    ),
    "reject": OpenAction[Improvement](AsManager, lambda _, improvement: improvement.check_not_started()),
    "start": OpenAction[Improvement](AsOwner, lambda _, improvement: improvement.check_approved()),
    "implement": OpenAction[Improvement](AsOwner, lambda _, improvement: improvement.check_in_progress()),
    "extend": OpenAction[Improvement](AsManager, lambda _, improvement: improvement.check_inconclusive()),
    "close": OpenAction[Improvement](AsOwner, lambda _, improvement: improvement.check_closable()),
}


class ImprovementView(ImprovementSummary):
    assessment: ImprovementAssessmentView | None
    registration: Registration | None = Field(description="Null for a customer, too, if it names another customer.")
    periods_after: int | None
    because: list[str] = Field(description="The reasons of the verdict as sentences.")
    sources: list[ImprovementSourceView]
    notices: list[ImprovementNoticeView] = Field(description="The customers to notify, and when they were notified.")

    def hide_from_customer(self, customer_id: UUID) -> None:
        super().hide_from_customer(customer_id)
        self.assessment = None
        self.sources = [source for source in self.sources if source.customer_id == customer_id]
        self.notices = [notice for notice in self.notices if notice.customer_id == customer_id]
        if self.registration is not None and not self.registration.customer_ids <= {customer_id}:
            self.registration = None


class ImprovementEffectView(View):
    improvement_id: UUID
    verdict: ImprovementVerdict | None = Field(
        description="Null until it is final, because repeated looks would find an effect by chance."
    )
    because: list[str]
    registration: Registration
    points: list[SeriesPointView]
    effect: RegressionFitView | None
    control: RegressionFitView | None
    placebo: RegressionFitView | None = Field(description="May be seen before the verdict.")
