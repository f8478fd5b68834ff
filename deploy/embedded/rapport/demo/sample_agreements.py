"""What the sample organisation promises its customers, and what its suppliers promise it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rapport.demo.indicators import (
    DESK,
    ERP_LINE,
    ERP_ORDERS,
    ERP_UP,
    LOADED,
    MAIL_UP,
    OPENED,
    SHOP_FAST,
    SHOP_UP,
    DemoIndicator,
)

OFFICE = {day: [["07:00", "19:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
ALWAYS = "24x7"
TIME = "time"
CLOSURES = "Halden closures"

INCIDENT_CREDITS = {"steps": [{"points_below": "0", "percent": "2"}, {"points_below": "10", "percent": "5"}]}
"""Less than for what is measured, in wider steps: of few incidents, one is many points."""

Ids = Mapping[str, str]
"""By name."""


@dataclass(frozen=True)
class DemoObjective:
    name: str
    indicator: DemoIndicator
    target: str
    method: str
    weight: str = "1"
    answers: tuple[str, ...] = ()
    """Titles of requirements."""

    @property
    def kind(self) -> str:
        return "latency" if self.indicator.kind in {"latency", "gauge"} else self.indicator.kind

    def terms(self, indicators: Ids, requirements: Ids) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "indicator_id": indicators[self.indicator.name],
            "target": self.target,
            "method": self.method,
            "missing": "ignore",
            "coverage_floor": "80",
            "weight": self.weight,
            "answers": [requirements[title] for title in self.answers],
        }


@dataclass(frozen=True)
class DemoPercentileObjective:
    name: str
    indicator: DemoIndicator
    target: str
    """Which percentile."""
    limit: str

    def terms(self, indicators: Ids, requirements: Ids) -> dict[str, Any]:
        del requirements
        return {
            "name": self.name,
            "kind": "latency_percentile",
            "indicator_id": indicators[self.indicator.name],
            "target": self.target,
            "limit": self.limit,
            "coverage_floor": "80",
        }


@dataclass(frozen=True)
class DemoIncidentObjective:
    name: str
    kind: Literal["response_time", "next_answer_time", "resolution_time"]
    priorities: tuple[int, ...]
    within: str | int
    """Service time, or a number of business days."""
    target: str
    answers: tuple[str, ...] = ()

    def terms(self, indicators: Ids, requirements: Ids) -> dict[str, Any]:
        del indicators
        return {
            "name": self.name,
            "kind": self.kind,
            "priorities": self.priorities,
            "within_business_days" if isinstance(self.within, int) else "within": self.within,
            "target": self.target,
            "credits": INCIDENT_CREDITS,
            "answers": [requirements[title] for title in self.answers],
        }


@dataclass(frozen=True)
class DemoAgreement:
    name: str
    customer: str
    offering: str
    charge: str
    objectives: tuple[DemoObjective | DemoIncidentObjective, ...]
    hours: Any = ALWAYS
    first_requested: dict[str, str] = field(default_factory=dict)
    """Targets the customer asks for first, by objective, before both meet at what stands above."""
    maintenance: dict[str, str] | None = None
    closures: tuple[str, ...] = ()
    kind: Literal["sla", "ola", "underpinning_contract"] = "sla"
    supplier: str | None = None
    relies_on: tuple[str, ...] = ()
    """Names of the agreements that carry it."""


WEB_SHOP = DemoAgreement(
    "Web shop for Sales",
    "Halden Sales",
    "Web shop, gold",
    "4200.00",
    (
        DemoObjective("Availability", SHOP_UP, "99.9", TIME, "3", ("The shop sells around the clock",)),
        DemoObjective("Speed", SHOP_FAST, "99.0", TIME),
        DemoIncidentObjective("Answered in a quarter", "response_time", (1, 2), "PT15M", "90"),
        DemoIncidentObjective("Every further answer in an hour", "next_answer_time", (1, 2, 3), "PT1H", "80"),
        DemoIncidentObjective("Solved in four hours", "resolution_time", (1, 2, 3), "PT4H", "80"),
    ),
    first_requested={"Availability": "99.95"},
    maintenance={"notice": "P3D", "cap": "PT4H"},
)
MAIL = DemoAgreement(
    "Mail for Sales", "Halden Sales", "Mailbox", "910.00", (DemoObjective("Availability", MAIL_UP, "99.5", TIME),)
)
ERP = DemoAgreement(
    "ERP for Logistics",
    "Halden Logistics",
    "ERP, silver",
    "9800.00",
    (
        DemoObjective("Availability", ERP_UP, "99.5", TIME, "2"),
        DemoObjective("Orders booked", ERP_ORDERS, "99.5", "occurrences", "2", ("Orders are booked at once",)),
        DemoIncidentObjective(
            "Solved in a shift", "resolution_time", (1, 2, 3), "PT8H", "80", ("Help within the shift",)
        ),
    ),
    first_requested={"Orders booked": "99.9"},
    maintenance={"notice": "P5D", "cap": "PT8H"},
    relies_on=("ERP servers by Operations", "Line by Nordkabel"),
)
DESK_FOR_LOGISTICS = DemoAgreement(
    "Desk for Logistics",
    "Halden Logistics",
    "Service desk",
    "2100.00",
    (
        DemoObjective("Waiting under 15 minutes", DESK, "97", TIME),
        DemoIncidentObjective("Answered within a business day", "response_time", (3, 4, 5), 1, "90"),
        DemoIncidentObjective("Solved in five days", "resolution_time", (3, 4, 5), "PT60H", "90"),
    ),
    OFFICE,
    closures=(CLOSURES,),
)
REPORTS = DemoAgreement(
    "Reports for Finance",
    "Halden Finance",
    "Reports, daily",
    "3400.00",
    (DemoObjective("Figures not older than a day", LOADED, "98", TIME, answers=("Figures by breakfast",)),),
    OFFICE,
)
ADDED_TO_REPORTS = DemoPercentileObjective("Reports open in 2.5 s, 95th percentile", OPENED, "95", "2.5")
"""By an amendment, since it is measured."""
AGREEMENTS = (
    # Whoever carries others comes before them.
    DemoAgreement(
        "ERP servers by Operations",
        "Halden IT",
        "ERP, silver",
        "2600.00",
        (DemoObjective("Availability", ERP_UP, "99.8", TIME),),
        kind="ola",
        supplier="Operations",
    ),
    DemoAgreement(
        "Line by Nordkabel",
        "Halden IT",
        "ERP, silver",
        "1150.00",
        (DemoObjective("Availability", ERP_LINE, "99.7", TIME),),
        kind="underpinning_contract",
        supplier="Nordkabel A/S",
    ),
    WEB_SHOP,
    MAIL,
    ERP,
    DESK_FOR_LOGISTICS,
    DemoAgreement(
        "ERP for Finance",
        "Halden Finance",
        "ERP, silver",
        "5100.00",
        (DemoObjective("Availability", ERP_UP, "99.0", TIME),),
        OFFICE,
    ),
    REPORTS,
)
UNDER_NEGOTIATION = DemoAgreement(
    "Desk for Finance",
    "Halden Finance",
    "Service desk",
    "1400.00",
    (DemoObjective("Waiting under 15 minutes", DESK, "97", TIME),),
    OFFICE,
    first_requested={"Waiting under 15 minutes": "99"},
)
"""The customer has asked for more than the past shows to be possible."""
