"""Planned maintenance as an iCalendar feed (RFC 5545): one event per window."""

from collections.abc import Iterable

from icalendar import Calendar, Event

from sla.exclusions.maintenance.model import Maintenance, MaintenanceWindow
from sla.exclusions.maintenance.states import MaintenanceState

PRODUCT_ID = "-//Rapport//Planned maintenance//EN"
EVENT_STATUS = {
    MaintenanceState.ANNOUNCED: "TENTATIVE",
    MaintenanceState.REFUSED: "CANCELLED",
    MaintenanceState.CANCELLED: "CANCELLED",
}
"""Every other state is CONFIRMED."""


def build_calendar_feed(maintenances: Iterable[Maintenance]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT_ID)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Planned maintenance")
    for maintenance in maintenances:
        for window in maintenance.windows:
            calendar.add_component(_event(maintenance, window))
    feed: bytes = calendar.to_ical()
    return feed


def _event(maintenance: Maintenance, window: MaintenanceWindow) -> Event:
    """Build the event of a window; one that was taken back is cancelled, so that calendars drop it."""
    event = Event()
    event.add("uid", f"{window.id}@rapport")
    event.add("summary", maintenance.title)
    event.add("description", maintenance.reason)
    event.add("dtstart", window.window_from)
    event.add("dtend", window.window_to)
    event.add("dtstamp", maintenance.changed_at)
    event.add("last-modified", maintenance.changed_at)
    event.add("sequence", maintenance.version)
    event.add("status", "CANCELLED" if window.withdrawn_at else EVENT_STATUS.get(maintenance.state, "CONFIRMED"))
    event.add("transp", "TRANSPARENT")
    return event
