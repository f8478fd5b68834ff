"""Closure calendars: imported from iCalendar, approved by a second person, in effect from the next day."""
