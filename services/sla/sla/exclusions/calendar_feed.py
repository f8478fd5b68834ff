"""Planned maintenance as an iCalendar feed (RFC 5545): one event per window."""

from collections.abc import Iterable

from icalendar import Calendar, Event

from sla.exclusions.model import Maintenance, MaintenanceWindow
from sla.exclusions.states import MaintenanceState

PRODUCT_ID = "-//Rapport//Planned maintenance//EN"
EVENT_STATUS = {
    MaintenanceState.ANNOUNCED: "TENTATIVE",
    MaintenanceState.REFUSED: "CANCELLED",
    MaintenanceState.CANCELLED: "CANCELLED",
}
"""Of any other state CONFIRMED."""


def build_calendar_feed(maintenances: Iterable[Maintenance]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT_ID)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Planned maintenance")
    for found in maintenances:
        for window in found.windows:
            calendar.add_component(_event(found, window))
    written: bytes = calendar.to_ical()
    return written


def _event(found: Maintenance, window: MaintenanceWindow) -> Event:
    """A window that was taken back is sent as cancelled, so that calendars drop it."""
    event = Event()
    event.add("uid", f"{window.id}@rapport")
    event.add("summary", found.title)
    event.add("description", found.reason)
    event.add("dtstart", window.window_from)
    event.add("dtend", window.window_to)
    event.add("dtstamp", found.changed_at)
    event.add("last-modified", found.changed_at)
    event.add("sequence", found.version)
    event.add("status", "CANCELLED" if window.withdrawn_at else EVENT_STATUS.get(found.state, "CONFIRMED"))
    event.add("transp", "TRANSPARENT")
    return event
