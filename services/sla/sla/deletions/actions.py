"""Deleting agreements, contracts, indicators, closure calendars and causes that were made by mistake."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.orm import InstrumentedAttribute

from common.database.deletion import Usage, delete_unused
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.store import get_agreement
from sla.backtests.model import Backtest
from sla.causes.model import Cause
from sla.chains.model import ChainPart
from sla.closure_calendars.model import ClosureCalendar, ClosureEdition, EditionState
from sla.contracts.model import AttachedAgreement, Contract
from sla.contracts.obligations import Obligation
from sla.contracts.versions import ContractVersion
from sla.deletions.errors import NotADraft
from sla.exclusions.maintenance.model import MaintenanceTarget
from sla.improvements.model import Improvement
from sla.indicators.model import Indicator, IndicatorActivity, Refold
from sla.push_keys.model import PushLimits
from sla.templates.model import TemplateVersion


async def delete_agreement_draft(work: UnitOfWork, agreement_id: UUID, match: int) -> None:
    """Delete a draft that was never proposed, with its back-tests and what it would have relied on."""
    agreement: Agreement = await get_agreement(work, agreement_id, match=match)
    if agreement.proposed_at is not None:
        raise NotADraft("The agreement was proposed to the customer: withdraw it instead.")
    is_target: ColumnElement[bool] = MaintenanceTarget.target_id == agreement_id
    usages = [Usage("maintenance target", select(MaintenanceTarget.id).where(is_target))]
    await delete_unused(work, agreement, (AgreementVersion, ChainPart, Backtest), usages)


async def delete_contract_draft(work: UnitOfWork, contract_id: UUID, match: int) -> None:
    """Delete a draft that the provider has never signed."""
    contract = await work.get(Contract, contract_id, match=match)
    if contract.offered_at is not None:
        raise NotADraft("The contract was offered to the customer: withdraw it instead.")
    await delete_unused(work, contract, (ContractVersion, Obligation, AttachedAgreement))


async def delete_indicator(work: UnitOfWork, indicator_id: UUID, match: int) -> None:
    """Delete an indicator that has measured nothing, and that no terms name."""
    indicator = await work.get(Indicator, indicator_id, match=match)
    usages = [
        Usage("agreement version", _select_naming(AgreementVersion.terms_document, indicator_id)),
        Usage("template version", _select_naming(TemplateVersion.terms, indicator_id)),
        Usage("back-test", _select_naming(Backtest.terms, indicator_id)),
        Usage("improvement", _select_naming(Improvement.registration, indicator_id)),
        Usage("push key limit", select(PushLimits.key_id).where(_names(PushLimits.indicator_ids, indicator_id))),
    ]
    await delete_unused(work, indicator, (IndicatorActivity, Refold), usages)


async def delete_closure_calendar(work: UnitOfWork, calendar_id: UUID, match: int) -> None:
    """Delete a calendar that has never closed anything, and that no terms name."""
    calendar = await work.get(ClosureCalendar, calendar_id, match=match)
    is_approved: ColumnElement[bool] = ClosureEdition.state == EditionState.APPROVED
    usages = [
        Usage(
            "approved edition", select(ClosureEdition.id).where(ClosureEdition.calendar_id == calendar_id, is_approved)
        ),
        Usage("agreement version", _select_naming(AgreementVersion.terms_document, calendar_id)),
        Usage("template version", _select_naming(TemplateVersion.terms, calendar_id)),
        Usage("back-test", _select_naming(Backtest.terms, calendar_id)),
    ]
    await delete_unused(work, calendar, (ClosureEdition,), usages)


async def delete_cause(work: UnitOfWork, cause_id: UUID, match: int) -> None:
    """Delete a cause that no issue has."""
    await delete_unused(work, await work.get(Cause, cause_id, match=match))


def _select_naming(document: InstrumentedAttribute[Any], key: UUID) -> Any:
    """Select the rows whose document names the id."""
    return select(document.class_.id).where(_names(document, key))


def _names(document: InstrumentedAttribute[Any], key: UUID) -> ColumnElement[bool]:
    return cast(document, Text).contains(str(key))
