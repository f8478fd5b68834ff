"""What tests of incidents share."""

from typing import Any

import pytest

from common.testing.fake_issuer import FakeClock
from tests.sla.incidents.reporter import IncidentReporter, incident_terms, start_reporter


@pytest.fixture
async def reporter(shop: Any, clock: FakeClock) -> IncidentReporter:
    """It is 12:00 on 3 February 2026."""
    return await start_reporter(shop, clock, incident_terms())
