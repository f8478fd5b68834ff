"""What drafts have to keep to, and questions about a day."""

from http import HTTPStatus
from typing import ClassVar

from common.errors import RuleBroken


class TermsUnderNegotiation(RuleBroken, slug="terms-under-negotiation"):
    """A draft is edited freely; once proposed, terms change by a proposal of one side to the other."""


class OfferingNotAvailable(RuleBroken, slug="offering-not-available"):
    """Customers agree on what the catalog has published and has not retired."""


class CustomerNotRegistered(RuleBroken, slug="customer-not-registered"):
    """An agreement is made with a registered customer."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class IndicatorNotDefined(RuleBroken, slug="indicator-not-defined"):
    """An objective is measured by an indicator that is defined and not retired."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NoPercentilesMeasured(RuleBroken, slug="no-percentiles-measured"):
    """A percentile is measured by an indicator of kind histogram: others do not keep what it is made of."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class CalendarNotDefined(RuleBroken, slug="calendar-not-defined"):
    """Terms name shared calendars that are there."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class CalendarElsewhere(RuleBroken, slug="calendar-elsewhere"):
    """A shared calendar closes local time: it is in the time zone of the service hours."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NothingBinds(RuleBroken, slug="nothing-binds"):
    """On this day nothing binds both sides, as far as it was known then."""

    status: ClassVar[int] = HTTPStatus.NOT_FOUND
