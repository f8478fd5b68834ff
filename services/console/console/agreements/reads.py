"""What the pages of agreements ask the services."""

import asyncio
from typing import Any, NamedTuple

from console.agreements.turns import Turn, find_turn
from console.calls.errors import ServiceRefused
from console.calls.service_client import Document, ServiceCalls

LISTED = 50
COMPLIANCE_AND_ISSUES = "compliance,issues"


class AgreementFile(NamedTuple):
    """The documents about one agreement."""

    agreement: Document
    negotiation: Document
    compliance: Document | None
    """How the current period stands; None for an agreement that is not in force."""
    statements: list[Document]
    issues: list[Document]
    open_operations: frozenset[str]
    turn: Turn


async def read_agreements(services: ServiceCalls, **filters: Any) -> Document:
    """Read a page of agreements with what was attained in the current period."""
    return await services.get("/sla/v1/agreements", include=COMPLIANCE_AND_ISSUES, limit=LISTED, **filters)


async def read_agreement(services: ServiceCalls, agreement_id: str, side: str) -> AgreementFile:
    path = f"/sla/v1/agreements/{agreement_id}"
    agreement, negotiation, compliance, statements, issues, operations = await asyncio.gather(
        services.get(path, include="actions"),
        services.get(f"{path}/negotiation"),
        _find_compliance(services, path),
        services.list_all(f"{path}/statements", sort="-period_from"),
        services.list_all("/sla/v1/issues", agreement_id=agreement_id, unsolved="true"),
        services.list_open_operations("sla"),
    )
    turn = find_turn(negotiation, side, operations)
    return AgreementFile(agreement, negotiation, compliance, statements, issues, operations, turn)


async def _find_compliance(services: ServiceCalls, path: str) -> Document | None:
    try:
        compliance = await services.get(f"{path}/compliance")
    except ServiceRefused:
        return None  # no period is under way: the page says so, and shows the terms and the negotiation all the same
    return compliance if compliance.get("objectives") else None
