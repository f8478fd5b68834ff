"""The names of the services, in the order in which pages list them."""

from enum import StrEnum


class ServiceName(StrEnum):
    catalog = "catalog"
    engagement = "engagement"
    sla = "sla"
    feedback = "feedback"
    reporting = "reporting"
