"""The TypeScript client: it is what the documents of today give, and its example does what it says."""

import os
import subprocess
import time
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.journeys.caller import Caller, agree
from tests.journeys.conftest import House, house

__all__ = ["house"]

pytestmark = pytest.mark.clients

TERMS = {
    "name": "Service desk",
    "service_hours": {"timezone": "Europe/Paris", "hours": "24x7", "closures": []},
    "objectives": [
        {"name": "First answer", "kind": "response_time", "within": "PT4H", "target": "90", "priorities": [1, 2, 3, 4]}
    ],
    "starts_on": "2026-01-01",
}
CLIENT = Path(__file__).parents[2] / "clients" / "typescript"


def run(*command: str, **environment: str) -> str:
    result = subprocess.run(
        command, cwd=CLIENT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_client_is_generated_from_the_documents_of_today(tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(run("rapport", "openapi"))

    run(
        *("npx", "openapi-typescript", str(document), "--default-non-nullable=false"),
        *("--output", str(tmp_path / "schema.d.ts")),
    )

    assert (tmp_path / "schema.d.ts").read_text() == (CLIENT / "src" / "schema.d.ts").read_text(), "run `make clients`"


@pytest.fixture
def customer(house: House) -> str:
    """A customer that all services know, and an offering that can be agreed on."""
    with Caller(house, house.token("manager")) as manager:
        _, customer_id = agree(house, manager, "Web shop", TERMS)
        deadline = time.monotonic() + 30
        scorecard = f"/reporting/v1/customers/{customer_id}/scorecard?period=2026-10"
        while manager.client.get(scorecard).status_code != HTTPStatus.OK:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return customer_id


def test_the_example_signs_an_agreement_and_reads_the_scorecard(house: House, customer: str) -> None:
    with Caller(house, house.token("manager")) as manager:
        indicator = manager.post(
            "/sla/v1/indicators", {"name": "Shop answers", "kind": "availability", "holds_for": 60}
        )

    run("npx", "tsc", "--outDir", str(CLIENT / "dist"))
    output = run(
        *("node", "dist/examples/sign-agreement.js"),
        RAPPORT_URL=house.url,
        MANAGER_TOKEN=house.token("manager"),
        CUSTOMER_TOKEN=house.token("customer", "--customer", customer, "--subject", "grace"),
        CUSTOMER_ID=customer,
        INDICATOR_ID=indicator["id"],
    )

    assert "Offering: " in output
    assert "Agreement: signed" in output or "Agreement: active" in output
    assert "Scorecard: Customer of Web shop" in output
