"""Breaches to open issues for, and the triage of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from sla.issues.origins import Breach
from tests.sla.conftest import SlaClient
from tests.sla.issues.issue_client import IssueClient

SHOP, INDICATOR, CUSTOMER = (UUID(f"01900000-0000-7000-8000-00000000000{digit}") for digit in "567")


@pytest.fixture
def breach() -> Callable[..., Breach]:
    """A missed objective of February 2026, with changes: 99 % attained of 99.5 % promised."""

    def of(**changes: Any) -> Breach:
        usual: dict[str, Any] = {
            "agreement_id": new_id(),
            "customer_id": CUSTOMER,
            "statement_id": new_id(),
            "service_id": SHOP,
            "service_name": "Web shop",
            "objective_id": new_id(),
            "objective_name": "Availability",
            "indicator_id": INDICATOR,
            "period_from": datetime(2026, 2, 1, tzinfo=UTC),
            "period_to": datetime(2026, 3, 1, tzinfo=UTC),
            "target": Decimal("99.5"),
            "attained": Decimal(99),
            "weight_share": Decimal(50),
        }
        return Breach(**usual | changes)

    return of


@pytest.fixture
async def issues(sla: ServiceUnderTest, sla_client: SlaClient, breach: Callable[..., Breach]) -> IssueClient:
    return IssueClient(sla, sla_client, UUID((await sla_client.signed())["id"]), breach)
