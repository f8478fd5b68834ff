"""The shapes of back-tests over HTTP."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from common.views import Day, Flag, Instant, View
from sla.agreements.terms import Terms
from sla.backtests.model import Backtest


class NewBacktest(View):
    model_config = ConfigDict(populate_by_name=True)

    agreement_id: UUID | None = None
    """Whose terms are tried; and whose incidents, maintenance and waivers count, whatever the terms."""
    terms: Terms | None = None
    """Terms to try; when absent those of the agreement that are on the table, or else in force."""
    from_: Annotated[Day, Field(alias="from", ge=date(1990, 1, 1), examples=["2025-11-01"])]
    to: Annotated[Day, Field(examples=["2026-10-31"])]
    """The last day, included."""
    shared: Flag = False
    """Let the customer of the agreement see it."""

    @model_validator(mode="after")
    def _something_to_try(self) -> Self:
        if self.agreement_id is None and (self.terms is None or self.shared):
            raise ValueError("name an agreement_id, or terms that are shared with nobody")
        return self


class BacktestSummary(View):
    id: UUID
    agreement_id: UUID | None
    shared: bool
    made_by: str
    made_at: Instant
    terms_sha256: str
    sha256: str
    sentence: str
    """The result in one."""


class BacktestView(BacktestSummary):
    terms: dict[str, Any]
    """As they were tried."""
    document: dict[str, Any]
    """Of each review period the `result` that its statement would have had; of each objective how often it would have
    been missed, under each budgeting method, and which targets would have been kept.
    """

    @classmethod
    def from_entity(cls, found: Backtest) -> Self:
        summary = BacktestSummary.model_validate(found)
        return cls(**summary.model_dump(), terms=found.terms_document, document=found.document)
