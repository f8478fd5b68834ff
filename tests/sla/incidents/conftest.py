"""What tests of incidents share."""

import pytest

from common.testing.fake_issuer import FakeClock
from tests.sla.conftest import SlaClient
from tests.sla.incidents.reporter import IncidentReporter, incident_terms, start_reporter


@pytest.fixture
async def reporter(sla_client: SlaClient, clock: FakeClock) -> IncidentReporter:
    """It is 12:00 on 3 February 2026."""
    return await start_reporter(sla_client, clock, incident_terms())
