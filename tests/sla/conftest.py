"""Terms to draft agreements from, shared by the tests of all rooms that read them."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest
from sla.agreements.terms import Terms

AVAILABILITY = UUID("01900000-0000-7000-8000-000000000001")
LATENCY = UUID("01900000-0000-7000-8000-000000000002")
INDICATOR = UUID("01900000-0000-7000-8000-0000000000aa")

WRITTEN: dict[str, Any] = {
    "name": "Web shop, gold",
    "service_hours": {
        "timezone": "Europe/Paris",
        "hours": {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
        "closures": [{"from": "12-25", "every": "year", "name": "Christmas"}],
    },
    "objectives": [
        {
            "id": str(AVAILABILITY),
            "name": "Availability",
            "kind": "availability",
            "indicator_id": str(INDICATOR),
            "target": "99.5",
            "method": "time",
            "missing": "ignore",
            "coverage_floor": "90",
            "weight": "2",
        },
        {
            "id": str(LATENCY),
            "name": "Fast answers",
            "kind": "latency",
            "indicator_id": str(INDICATOR),
            "target": "95",
            "method": "timeslices",
            "slice_target": "99",
            "missing": "bad",
        },
    ],
    "starts_on": "2026-01-15",
    "credits": {
        "ladder": [{"below": "99.5", "percent": "5"}, {"below": "99", "percent": "10"}],
        "cap": "25",
    },
    "monthly_charge": {"amount": "12000.00", "currency": "EUR"},
}


@pytest.fixture
def written() -> Callable[..., dict[str, Any]]:
    """A terms document as a client writes it, with changes."""
    return lambda **changes: deepcopy(WRITTEN) | changes


@pytest.fixture
def terms(written: Callable[..., dict[str, Any]]) -> Callable[..., Terms]:
    return lambda **changes: Terms.model_validate(written(**changes))
