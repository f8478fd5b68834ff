"""What the sample organisation measures, and how its series behave."""

from dataclasses import dataclass
from typing import Literal


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
    kind: Literal["availability", "latency", "gauge", "ratio", "histogram"]
    metric: str
    job: str
    every: int
    """Seconds between two samples."""
    usual: float = 1.0
    """A usual value; of a ratio or a histogram, the events of a busy interval."""
    threshold: float | None = None
    unit: str = ""
    hard: Hard = Hard()


SHOP_UP = Measure("Web shop answers", "availability", "probe_success", "web-shop", 60, hard=Hard((1,)))
SHOP_FAST = Measure(
    "Web shop, 95th percentile",
    "latency",
    "response_seconds_p95",
    "web-shop",
    300,
    0.35,
    0.8,
    "s",
    Hard((2,), 1, 540),
)
MAIL_UP = Measure("Mail answers", "availability", "probe_success", "mail", 300)
ERP_UP = Measure("ERP answers", "availability", "probe_success", "erp", 300)
ERP_ORDERS = Measure("ERP orders booked", "ratio", "erp_orders", "erp", 300, 40, hard=Hard((0, 2), 2, 360))
ERP_LINE = Measure("Line to the data centre", "availability", "probe_success", "line", 300)
OPENED = Measure("Time to open a report", "histogram", "report_seconds_bucket", "reports", 900, 75, unit="s")
DESK = Measure("Desk queue", "gauge", "desk_waiting_minutes", "service-desk", 300, 3.0, 15.0, "min", Hard((0,), 4, 300))
LOADED = Measure("Age of the load", "gauge", "load_age_hours", "warehouse", 300, 6.0, 26.0, "h", Hard((1,), 2, 420))

MEASURES = (SHOP_UP, SHOP_FAST, MAIL_UP, ERP_UP, ERP_ORDERS, ERP_LINE, DESK, LOADED)
NEW_MEASURES = (OPENED,)
"""Measured since the first day of this month."""
