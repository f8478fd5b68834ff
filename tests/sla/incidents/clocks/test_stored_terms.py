"""The stored terms of clocks: whatever closure calendars add to them, they can be read again."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from sla.hours.calendar import MAX_CLOSURES, Calendar, CalendarClosure
from sla.incidents.clocks.model import IncidentClockTerms
from sla.incidents.clocks.terms import ClockTerms
from tests.sla.incidents.shorthand import clock


def test_terms_with_more_closures_than_a_request_may_write_are_read_again() -> None:
    days = (date(2026, 1, 1) + timedelta(days=number) for number in range(MAX_CLOSURES + 1))
    written = clock()
    calendar = written.calendar.with_closures(CalendarClosure(from_=str(day)) for day in days)
    terms = written.model_copy(update={"calendar": calendar})

    stored = IncidentClockTerms(sha256=terms.sha256, document=terms.to_document())

    assert stored.terms == terms
    with pytest.raises(ValidationError, match="import them into a closure calendar"):
        ClockTerms.model_validate(terms.to_document())
    with pytest.raises(ValidationError, match="import them into a closure calendar"):
        Calendar.model_validate(calendar.model_dump(mode="json"))
