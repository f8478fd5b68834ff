"""The five services, in the order in which a reader meets them."""

from enum import StrEnum


class ServiceName(StrEnum):
    catalog = "catalog"
    engagement = "engagement"
    sla = "sla"
    feedback = "feedback"
    reporting = "reporting"
