"""Every list of every service takes the same parameters, documented in the same words."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from common.app import create_app
from common.settings import Settings
from tests.architecture.conftest import SERVICES

ALWAYS = {"limit", "cursor", "count"}
MOSTLY = {"id", "changed_since", "sort", "q"}
PARTS = "they are parts of one thing, few, and have no names"
ROWS_OF_EVENTS = "the rows are read models, and nothing notes when they changed"
LACKING: dict[str, dict[str, str]] = {
    "listComments": dict.fromkeys(MOSTLY, "an order or a time would tell whose answer it is"),
    "readCustomerSatisfaction": dict.fromkeys(MOSTLY, "scores have no ids, and a time would tell who has answered"),
    "listInvitations": {"changed_since": "a time would tell who has answered", "q": "names stay in engagement"},
    "listReportedCustomers": {"changed_since": ROWS_OF_EVENTS},
    "listScorecards": {"changed_since": ROWS_OF_EVENTS},
    "listAgreementStatements": {"q": "a statement has no name"},
    "listStatements": {"q": "a statement has no name"},
    "listWaivers": {"q": "a waiver has no name"},
    "listBacktests": {"changed_since": "nothing notes when one was shared", "q": "a back-test has no name"},
    "listAlerts": {"q": "an alert is named by its labels, which Alertmanager searches"},
    "listAlertPriorities": {"q": "they are named by their service"},
    "listCustomerImportances": {"q": "they are named by their customer"},
    "listSeries": dict.fromkeys(MOSTLY | {"count"}, "series are matched by their labels in the log of pushes"),
    "listIssueActivity": {"q": PARTS},
    "listIncidentEvents": {"id": "they have the ids of those who report them", "q": PARTS},
    "listAgreementNotices": {"changed_since": PARTS, "q": PARTS},
    "listRefolds": {"changed_since": PARTS, "q": PARTS},
    "listClosureEditions": {"id": "they have numbers", "changed_since": PARTS, "q": PARTS},
    "listApiKeys": {"changed_since": "a key changes with each use"},
}
"""What a list does not take, each with its reason."""


def list_page_operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for service in SERVICES:
        document = create_app(import_module(f"{service}.main").service(), Settings(environment="test")).openapi()
        for operations in document["paths"].values():
            answer = operations.get("get", {}).get("responses", {}).get("200", {})
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            if schema.get("$ref", "").rpartition("/")[2].startswith("Page_"):
                parameters = operations["get"]["parameters"]
                yield operations["get"]["operationId"], {item["name"]: item for item in parameters}


@pytest.fixture(scope="module")
def lists() -> dict[str, dict[str, Any]]:
    return dict(list_page_operations())


def test_every_list_takes_the_same_parameters(lists: dict[str, dict[str, Any]]) -> None:
    assert len(lists) > 20
    lacking = {name: (ALWAYS | MOSTLY) - parameters.keys() for name, parameters in lists.items()}
    assert {name: missing for name, missing in lacking.items() if missing} == {
        name: set(reasons) for name, reasons in LACKING.items()
    }


def test_they_are_documented_alike(lists: dict[str, dict[str, Any]]) -> None:
    own_lists = [parameters for name, parameters in lists.items() if name != "listSeries"]
    for parameter in ("cursor", "count", "id", "changed_since", "sort"):
        texts = {item[parameter]["description"] for item in own_lists if parameter in item}
        assert len(texts) == 1, parameter
    orders = [item["sort"]["schema"] for item in lists.values() if "sort" in item]
    assert not [schema for schema in orders if "enum" not in str(schema)]


def test_only_the_list_that_is_not_counted_builds_its_page_by_itself(sources: dict[Path, ast.Module]) -> None:
    builders = {
        path.parts[-3:]
        for path, module in sources.items()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Page"
    }

    assert builders == {("common", "http", "paging.py"), ("measurements", "queries", "actions.py")}
