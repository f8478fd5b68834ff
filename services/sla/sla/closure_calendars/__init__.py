"""Shared calendars of closures: imported from iCalendar, approved by a second person, in effect from the next day."""
