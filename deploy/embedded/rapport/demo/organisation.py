"""The sample organisation: three customers, five services, and what they agreed on."""

from dataclasses import dataclass, field
from typing import Any, Literal

OFFICE = {day: [["07:00", "19:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
ALWAYS = "24x7"
TIME = "time"


@dataclass(frozen=True)
class Customer:
    name: str
    unit: str
    headcount: int
    people: tuple[tuple[str, str], ...]
    ratings: tuple[int, ...]
    """What they answer, person by person; who is left over does not answer."""
    comments: tuple[str, ...]


@dataclass(frozen=True)
class Hard:
    """When it goes badly wrong: in which months of each quarter (0, 1, 2), on how many days, for how long a day."""

    months: tuple[int, ...] = ()
    days: int = 1
    minutes: int = 190


@dataclass(frozen=True)
class Measure:
    """An indicator and the series it is bound to, and how that series behaves."""

    name: str
    kind: Literal["availability", "latency", "gauge", "ratio"]
    metric: str
    job: str
    every: int
    """Seconds between two samples."""
    usual: float = 1.0
    """A usual value; of a ratio, the events of a busy interval."""
    threshold: float | None = None
    unit: str = ""
    hard: Hard = Hard()


@dataclass(frozen=True)
class Offering:
    service: str
    owner: str
    description: str
    name: str
    tier: str
    price: str


@dataclass(frozen=True)
class Objective:
    name: str
    measure: Measure
    target: str
    method: str
    weight: str = "1"

    @property
    def kind(self) -> str:
        return "latency" if self.measure.kind in {"latency", "gauge"} else self.measure.kind

    def terms(self, indicator_id: str) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "indicator_id": indicator_id,
            "target": self.target,
            "method": self.method,
            "missing": "ignore",
            "coverage_floor": "80",
            "weight": self.weight,
        }


@dataclass(frozen=True)
class Agreement:
    name: str
    customer: str
    offering: str
    charge: str
    objectives: tuple[Objective, ...]
    hours: Any = ALWAYS
    asked: dict[str, str] = field(default_factory=dict)
    """Targets the customer asks for first, by objective, before both meet at what stands above."""


CUSTOMERS = (
    Customer(
        "Halden Sales",
        "Halden/Sales",
        140,
        (
            ("Ines Marchetti", "head of sales"),
            ("Tomasz Wójcik", "key user"),
            ("Amara Diallo", "account manager"),
            ("Lukas Brandt", "account manager"),
            ("Priya Nair", "campaign manager"),
            ("Joanna Reid", "field sales"),
            ("Emil Søndergaard", "field sales"),
            ("Rosa Lindqvist", "back office"),
        ),
        (4, 5, 3, 4, 2, 4, 5),
        ("The shop was gone on the busiest morning of the quarter.", "Quick answers from the desk, thank you."),
    ),
    Customer(
        "Halden Logistics",
        "Halden/Logistics",
        320,
        (
            ("Marek Novotny", "head of logistics"),
            ("Yuki Tanaka", "warehouse lead"),
            ("Samuel Okoro", "dispatcher"),
            ("Clara Jensen", "key user"),
            ("Hugo Ferreira", "planner"),
            ("Nadia Petrova", "planner"),
            ("Oskar Lehtinen", "shift lead"),
        ),
        (3, 3, 4, 2, 3, 4),
        ("Orders hang now and then; nobody tells us when it is over.",),
    ),
    Customer(
        "Halden Finance",
        "Halden/Finance",
        85,
        (
            ("Beatrice Aubert", "controller"),
            ("Anton Keller", "key user"),
            ("Mei-Lin Chua", "accountant"),
            ("David Osei", "accountant"),
            ("Helena Costa", "treasurer"),
            ("Piotr Zielinski", "analyst"),
        ),
        (5, 4, 5, 4, 5, 4),
        ("Month-end went smoothly.",),
    ),
)

SHOP_UP = Measure("Web shop answers", "availability", "probe_success", "web-shop", 60, hard=Hard((1,)))
SHOP_FAST = Measure(
    "Web shop, 95th percentile",
    "latency",
    "response_seconds_p95",
    "web-shop",
    60,
    0.35,
    0.8,
    "s",
    Hard((2,), 1, 540),
)
MAIL_UP = Measure("Mail answers", "availability", "probe_success", "mail", 300)
ERP_UP = Measure("ERP answers", "availability", "probe_success", "erp", 300)
ERP_ORDERS = Measure("ERP orders booked", "ratio", "erp_orders", "erp", 300, 40, hard=Hard((0, 2), 2, 360))
DESK = Measure("Desk queue", "gauge", "desk_waiting_minutes", "service-desk", 300, 3.0, 15.0, "min", Hard((0,), 4, 300))
LOADED = Measure("Age of the load", "gauge", "load_age_hours", "warehouse", 300, 6.0, 26.0, "h", Hard((1,), 2, 420))

MEASURES = (SHOP_UP, SHOP_FAST, MAIL_UP, ERP_UP, ERP_ORDERS, DESK, LOADED)

OFFERINGS = (
    Offering("Web shop", "Ada Lindholm", "Where customers order.", "Web shop, gold", "gold", "4200.00"),
    Offering("Mail and calendar", "Ben Achterberg", "Mail, calendar, rooms.", "Mailbox", "standard", "6.50"),
    Offering("ERP", "Chiara Rossi", "Orders, stock and books.", "ERP, silver", "silver", "9800.00"),
    Offering("Service desk", "Dev Malhotra", "One number for all questions.", "Service desk", "standard", "2100.00"),
    Offering("Data warehouse", "Eva Horvath", "Yesterday by breakfast.", "Reports, daily", "silver", "3400.00"),
)

AGREEMENTS = (
    Agreement(
        "Web shop for Sales",
        "Halden Sales",
        "Web shop, gold",
        "4200.00",
        (
            Objective("Availability", SHOP_UP, "99.9", TIME, "3"),
            Objective("Speed", SHOP_FAST, "99.0", TIME),
        ),
        asked={"Availability": "99.95"},
    ),
    Agreement(
        "Mail for Sales", "Halden Sales", "Mailbox", "910.00", (Objective("Availability", MAIL_UP, "99.5", TIME),)
    ),
    Agreement(
        "ERP for Logistics",
        "Halden Logistics",
        "ERP, silver",
        "9800.00",
        (
            Objective("Availability", ERP_UP, "99.5", TIME, "2"),
            Objective("Orders booked", ERP_ORDERS, "99.5", "occurrences", "2"),
        ),
        asked={"Orders booked": "99.9"},
    ),
    Agreement(
        "Desk for Logistics",
        "Halden Logistics",
        "Service desk",
        "2100.00",
        (Objective("Waiting under 15 minutes", DESK, "97", TIME),),
        OFFICE,
    ),
    Agreement(
        "ERP for Finance",
        "Halden Finance",
        "ERP, silver",
        "5100.00",
        (Objective("Availability", ERP_UP, "99.0", TIME),),
        OFFICE,
    ),
    Agreement(
        "Reports for Finance",
        "Halden Finance",
        "Reports, daily",
        "3400.00",
        (Objective("Figures not older than a day", LOADED, "98", TIME),),
        OFFICE,
    ),
)
