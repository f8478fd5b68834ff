"""The shapes of imports from OpenSLO over HTTP."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from common.views import Day, Name, View
from sla.indicators.views import NewIndicator
from sla.openslo.importer import BundleImport, RequiredIndicator
from sla.openslo.yaml_loader import MAX_BUNDLE_CHARACTERS

AnswerText = Annotated[str, StringConstraints(max_length=100)]

EXAMPLE_BUNDLE = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: search
  displayName: Searching is fast
spec:
  service: web-shop
  indicator:
    metadata:
      name: search-latency
    spec:
      thresholdMetric:
        metricSource:
          type: Prometheus
          spec:
            query: search_seconds{job="shop"}
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - op: lt
      value: 0.5
      target: 0.99
"""


class ImportTarget(View):
    customer_id: UUID
    offering_id: UUID


class NewImport(View):
    document: Annotated[
        str, StringConstraints(min_length=1, max_length=MAX_BUNDLE_CHARACTERS), Field(examples=[EXAMPLE_BUNDLE])
    ]
    """YAML, one or more documents."""
    answers: Annotated[dict[AnswerText, AnswerText], Field(max_length=500, default_factory=dict)]
    """To the questions of an earlier answer: by path, one of the options."""
    apply: bool = False
    """Define the indicators. Until then nothing is changed, and the answer says what would be."""
    agreement: ImportTarget | None = None
    """When applied, draft an agreement on the terms."""
    name: Name | None = None
    """Of the terms, when the bundle does not hold it; so is `starts_on`."""
    starts_on: Day | None = None


class BundleFindingView(View):
    path: str
    message: str


class BundleQuestionView(View):
    path: str
    asks: str
    options: list[str]
    """Of windows any other is an answer, too: calendar_month (_quarter, _year), rolling_N_days, review_period."""


class ImportedIndicator(View):
    indicator_id: UUID | None
    """Null until it is defined."""
    definition: NewIndicator


class ImportView(View):
    applied: bool
    ready: bool
    """Nothing is left to answer."""
    warnings: list[BundleFindingView]
    questions: list[BundleQuestionView]
    indicators: list[ImportedIndicator]
    terms: dict[str, Any]
    """As they are sent to draft an agreement or to propose; an indicator is null until it is defined."""
    agreement_id: UUID | None = None

    @classmethod
    def from_import(
        cls, found: BundleImport, terms: dict[str, Any], *, applied: bool, agreement_id: UUID | None = None
    ) -> Self:
        return cls(
            applied=applied,
            ready=found.is_ready,
            warnings=[BundleFindingView(path=one.path, message=one.message) for one in found.findings.warnings],
            questions=[
                BundleQuestionView(path=one.path, asks=one.question, options=list(one.options))
                for one in found.findings.questions
            ],
            indicators=[_indicator(one, applied) for one in found.indicators],
            terms=terms,
            agreement_id=agreement_id,
        )


def _indicator(one: RequiredIndicator, applied: bool) -> ImportedIndicator:
    return ImportedIndicator(indicator_id=one.id if one.exists or applied else None, definition=one.definition)
