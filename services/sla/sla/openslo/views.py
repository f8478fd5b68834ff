"""Request and response shapes of OpenSLO imports."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from common.views import Day, Name, View
from sla.indicators.views import NewIndicator
from sla.openslo.importer import BundleImport
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
    """YAML, question or more documents."""
    answers: Annotated[dict[AnswerText, AnswerText], Field(max_length=500, default_factory=dict)]
    """Answers to the questions of an earlier import: by path, question of the options."""
    apply: bool = False
    """Whether to define the indicators. Otherwise nothing changes, and the response says what would."""
    agreement: ImportTarget | None = None
    """Draft an agreement on the terms when the import is applied."""
    name: Name | None = None
    """The name of the terms if the bundle does not contain it; likewise `starts_on`."""
    starts_on: Day | None = None


class BundleFindingView(View):
    path: str
    message: str


class BundleQuestionView(View):
    path: str
    question: str
    options: list[str]
    """A window may be any of calendar_month, calendar_quarter, calendar_year, rolling_N_days and review_period."""


class ImportedIndicator(View):
    indicator_id: UUID | None
    """Null until it is defined."""
    definition: NewIndicator


class ImportView(View):
    applied: bool
    ready: bool
    """Whether no question is open."""
    warnings: list[BundleFindingView]
    questions: list[BundleQuestionView]
    indicators: list[ImportedIndicator]
    terms: dict[str, Any]
    """The terms in the form in which they are drafted; an indicator is null until it is defined."""
    agreement_id: UUID | None = None

    @classmethod
    def from_import(
        cls, bundle_import: BundleImport, terms: dict[str, Any], *, applied: bool, agreement_id: UUID | None = None
    ) -> Self:
        return cls(
            applied=applied,
            ready=bundle_import.is_ready,
            warnings=[BundleFindingView.model_validate(finding) for finding in bundle_import.findings.warnings],
            questions=[BundleQuestionView.model_validate(question) for question in bundle_import.findings.questions],
            indicators=[
                ImportedIndicator(indicator_id=required.id if required.exists else None, definition=required.definition)
                for required in bundle_import.indicators
            ],
            terms=terms,
            agreement_id=agreement_id,
        )
