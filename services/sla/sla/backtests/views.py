"""The views of back-tests over HTTP."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from common.views import Day, Flag, Instant, View, field_error
from sla.agreements.terms import Terms


class NewBacktest(View):
    model_config = ConfigDict(populate_by_name=True)

    agreement_id: UUID | None = None
    """The agreement whose incidents, maintenance and waivers count, and whose terms are tried if none are given."""
    terms: Terms | None = None
    """Terms to try; absent: those of the agreement under negotiation, or else in force."""
    from_: Annotated[Day, Field(alias="from", ge=date(1990, 1, 1), examples=["2025-11-01"])]
    to: Annotated[Day, Field(examples=["2026-10-31"])]
    """The last day, inclusive."""
    shared: Flag = False
    """Let the customer of the agreement see it."""

    @model_validator(mode="after")
    def _something_to_try(self) -> Self:
        if self.agreement_id is None and (self.terms is None or self.shared):
            raise field_error("agreement_id", "needs an agreement_id, or terms that are not shared")
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
    """The result in one sentence."""


class BacktestView(BacktestSummary):
    terms: dict[str, Any]
    """The terms as they were tried."""
    document: dict[str, Any]
    """For each review period the `result` that its statement would have had; for each objective how often it would have
    been missed, under each budgeting method, and which targets would have been kept.
    """
