"""What tests of incidents share."""

from typing import Any

import pytest

from common.testing.fake_issuer import FakeClock
from tests.sla.incidents.desk import Desk, desk_of, promised


@pytest.fixture
async def desk(shop: Any, clock: FakeClock) -> Desk:
    """It is 12:00 on 3 February 2026."""
    return await desk_of(shop, clock, promised())
