"""Columns of exports: which field of an incident each of them holds."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from common.names import clean_name
from sla.incidents.imports.errors import ColumnNotFound


class ImportField(StrEnum):
    """A field of an incident that a column can hold."""

    INCIDENT = "incident"
    TITLE = "title"
    PRIORITY = "priority"
    CUSTOMER = "customer"
    OFFERING = "offering"
    SERVICE = "service"
    OPENED_AT = "opened_at"
    ACKNOWLEDGED_AT = "acknowledged_at"
    RESOLVED_AT = "resolved_at"
    CLOSED_AT = "closed_at"
    CANCELLED_AT = "cancelled_at"
    ASSIGNEE = "assignee"
    STATE = "state"
    UPDATED_AT = "updated_at"


USUAL_NAMES: dict[ImportField, tuple[str, ...]] = {
    ImportField.INCIDENT: ("number", "incident", "incident number", "issue key", "key", "id", "ticket", "ticket id"),
    ImportField.TITLE: ("short description", "summary", "title", "subject"),
    ImportField.PRIORITY: ("priority",),
    ImportField.CUSTOMER: ("customer", "company", "account", "entity", "organization", "organizations"),
    ImportField.OFFERING: ("offering", "service offering"),
    ImportField.SERVICE: ("service", "business service"),
    ImportField.OPENED_AT: ("opened at", "opened", "created", "opening date", "sys created on"),
    ImportField.ACKNOWLEDGED_AT: ("acknowledged at", "acknowledged", "work start"),
    ImportField.RESOLVED_AT: ("resolved at", "resolved", "resolution date"),
    ImportField.CLOSED_AT: ("closed at", "closed", "closing date"),
    ImportField.CANCELLED_AT: ("cancelled at", "canceled at", "cancelled", "canceled"),
    ImportField.ASSIGNEE: ("assigned to", "assignee", "technician"),
    ImportField.STATE: ("incident state", "state", "status"),
    ImportField.UPDATED_AT: ("sys updated at", "sys updated on", "updated at", "updated", "last update"),
}
"""What ServiceNow, Jira, GLPI and others call their columns, in small letters and without underscores."""

Columns = Mapping[ImportField, str]


def map_columns(names: Sequence[str], stated: Columns) -> dict[ImportField, str]:
    """Map fields to the columns that the request states, else to those of a usual name. Raise ColumnNotFound."""
    names_by_form = {_to_form(name): name for name in names if _to_form(name)}
    columns: dict[ImportField, str] = {}
    for field, name in stated.items():
        if _to_form(name) not in names_by_form:
            raise ColumnNotFound(f"The file has no column {name}; it has {', '.join(names[:50])}.", field="column")
        columns[field] = names_by_form[_to_form(name)]
    for field, usual_names in USUAL_NAMES.items():
        usual = (names_by_form[name] for name in usual_names if name in names_by_form)
        free_name = next((name for name in usual if name not in columns.values()), None)
        if field not in columns and free_name is not None:
            columns[field] = free_name
    return columns


def _to_form(name: str) -> str:
    return clean_name(name.replace("_", " ")).lower()
