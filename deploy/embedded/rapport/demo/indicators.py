"""What the sample organisation measures, and how its series behave."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class OutagePattern:
    """The large outages: the months of each quarter (0, 1, 2), the number of days, the minutes per day."""

    months: tuple[int, ...] = ()
    days: int = 1
    minutes: int = 190


@dataclass(frozen=True)
class DemoIndicator:
    """An indicator and the series it is bound to, and how that series behaves."""

    name: str
    kind: Literal["availability", "latency", "gauge", "ratio", "histogram"]
    metric: str
    job: str
    interval_seconds: int
    """Seconds between two samples."""
    usual_value: float = 1.0
    """A usual value; of a ratio or a histogram, the events of a busy interval."""
    threshold: float | None = None
    unit: str = ""
    outages: OutagePattern = OutagePattern()


SHOP_UP = DemoIndicator(
    "Web shop answers", "availability", "probe_success", "web-shop", 60, outages=OutagePattern((1,))
)
SHOP_FAST = DemoIndicator(
    "Web shop, 95th percentile",
    "latency",
    "response_seconds_p95",
    "web-shop",
    300,
    0.35,
    0.8,
    "s",
    OutagePattern((2,), 1, 540),
)
MAIL_UP = DemoIndicator("Mail answers", "availability", "probe_success", "mail", 300)
ERP_UP = DemoIndicator("ERP answers", "availability", "probe_success", "erp", 300)
ERP_ORDERS = DemoIndicator(
    "ERP orders booked", "ratio", "erp_orders", "erp", 300, 40, outages=OutagePattern((0, 2), 2, 360)
)
ERP_LINE = DemoIndicator("Line to the data centre", "availability", "probe_success", "line", 300)
OPENED = DemoIndicator("Time to open a report", "histogram", "report_seconds_bucket", "reports", 900, 75, unit="s")
DESK = DemoIndicator(
    "Desk queue", "gauge", "desk_waiting_minutes", "service-desk", 300, 3.0, 15.0, "min", OutagePattern((0,), 4, 300)
)
LOADED = DemoIndicator(
    "Age of the load", "gauge", "load_age_hours", "warehouse", 300, 6.0, 26.0, "h", OutagePattern((1,), 2, 420)
)

INDICATORS = (SHOP_UP, SHOP_FAST, MAIL_UP, ERP_UP, ERP_ORDERS, ERP_LINE, DESK, LOADED)
NEW_INDICATORS = (OPENED,)
"""Measured since the first day of this month."""
