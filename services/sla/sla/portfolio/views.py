"""Agreements with the parts that a reader asked for."""

from enum import StrEnum

from pydantic import Field

from common.http.conventions.open_actions import ActionNames
from common.views import View
from sla.agreements.views import AgreementSummary, AgreementView
from sla.compliance.forecast.views import ComplianceSummary
from sla.issues.views import OpenIssueCounts


class AgreementPart(StrEnum):
    """A part of an agreement's answer that is sent on request."""

    COMPLIANCE = "compliance"
    ISSUES = "issues"
    ACTIONS = "actions"


class AgreementParts(View):
    actions: ActionNames | None = Field(default=None, description="Only with `include=actions`.")
    compliance: ComplianceSummary | None = Field(
        default=None, description="The current review period to date; only with `include=compliance`."
    )
    open_issues: OpenIssueCounts | None = Field(default=None, description="Only with `include=issues`.")


class ListedAgreement(AgreementParts, AgreementSummary):
    pass


class AgreementPage(AgreementParts, AgreementView):
    pass
