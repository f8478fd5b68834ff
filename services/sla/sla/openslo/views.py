"""The shapes of imports from OpenSLO over HTTP."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from common.views import Day, Name, View
from sla.indicators.views import NewIndicator
from sla.openslo.importing import Imported, Wanted
from sla.openslo.reader import LARGEST

Answer = Annotated[str, StringConstraints(max_length=100)]

EXAMPLE = """\
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


class ForAgreement(View):
    customer_id: UUID
    offering_id: UUID


class NewImport(View):
    document: Annotated[str, StringConstraints(min_length=1, max_length=LARGEST), Field(examples=[EXAMPLE])]
    """YAML, one or more documents."""
    answers: Annotated[dict[Answer, Answer], Field(max_length=500, default_factory=dict)]
    """To the questions of an earlier answer: by path, one of the options."""
    apply: bool = False
    """Define the indicators. Until then nothing is changed, and the answer says what would be."""
    agreement: ForAgreement | None = None
    """When applied, draft an agreement on the terms."""
    name: Name | None = None
    """Of the terms, when the bundle does not hold it; so is `starts_on`."""
    starts_on: Day | None = None


class FindingView(View):
    path: str
    message: str


class QuestionView(View):
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
    warnings: list[FindingView]
    questions: list[QuestionView]
    indicators: list[ImportedIndicator]
    terms: dict[str, Any]
    """As they are sent to draft an agreement or to propose; an indicator is null until it is defined."""
    agreement_id: UUID | None = None

    @classmethod
    def of(cls, found: Imported, terms: dict[str, Any], *, applied: bool, agreement_id: UUID | None = None) -> Self:
        return cls(
            applied=applied,
            ready=found.ready,
            warnings=[FindingView(path=one.path, message=one.message) for one in found.findings.warnings],
            questions=[
                QuestionView(path=one.path, asks=one.asks, options=list(one.options))
                for one in found.findings.questions
            ],
            indicators=[_indicator(one, applied) for one in found.indicators],
            terms=terms,
            agreement_id=agreement_id,
        )


def _indicator(one: Wanted, applied: bool) -> ImportedIndicator:
    return ImportedIndicator(indicator_id=one.id if one.exists or applied else None, definition=one.definition)
