"""Every service has its changes listened to, and tells a customer of nothing that it may not read."""

import re
from importlib import import_module

import pytest
from fastapi.routing import APIRoute

from common.app import create_app
from common.auth.principal import Role
from common.changes.hints import find_item_paths
from common.http.request_scope import RequireRole
from common.service import ServiceDefinition
from common.settings import Settings
from published.event import Event
from rapport.reference import published_events
from tests.architecture.test_routes import SERVICES, dependencies

FOR_CUSTOMERS = sorted(
    (kind for kind in published_events().values() if kind.for_customer), key=lambda kind: kind.__name__
)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_stream_of_its_changes(name: str) -> None:
    document = create_app(import_module(f"{name}.main").service(), Settings(environment="test")).openapi()
    operation = document["paths"][f"/{name}/v1/changes"]["get"]
    assert "text/event-stream" in operation["responses"]["200"]["content"]


@pytest.mark.parametrize("kind", FOR_CUSTOMERS, ids=lambda kind: kind.__name__)
def test_an_event_for_customers_says_whose_it_is_and_tells_of_what_they_may_read(kind: type[Event]) -> None:
    service: ServiceDefinition = import_module(f"{kind.service}.main").service()
    path = find_item_paths(service)[kind.aggregate]
    assert {"customer_id", "customer_ids", "visible_to"} & set(kind.model_fields)
    assert Role.customer in _roles(service, path)


def _roles(service: ServiceDefinition, path: str) -> set[Role]:
    routes = [route for router in service.routers for route in router.routes if isinstance(route, APIRoute)]
    (route,) = [
        route
        for route in routes
        if "GET" in route.methods and path == f"/{service.name}/v1{re.sub('{[a-z_]+}$', '{}', route.path)}"
    ]
    return {
        role
        for requirement in dependencies(route.dependant)
        if isinstance(requirement, RequireRole)
        for role in requirement.roles
    }


def test_drafts_reminders_and_triage_are_the_staffs() -> None:
    """What no customer can read at all, or not yet, and what names people of the staff."""
    names = {kind.__name__ for kind in FOR_CUSTOMERS}
    assert not names & {"ImprovementProposed", "ContractNoticeDue", "ContractObligationDue", "IssueEscalated"}
    assert not names & {"IndicatorWentSilent", "IndicatorResumed", "IssueMerged", "MaintenanceApproved"}
    assert not names & {"ServiceRegistered", "IssueAnnotated", "SurveyOpened", "SatisfactionMeasured"}
