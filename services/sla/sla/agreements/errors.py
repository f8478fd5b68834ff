"""What drafts have to keep to, and questions about a day."""

from http import HTTPStatus
from typing import ClassVar

from common.errors import DomainError


class TermsUnderNegotiation(DomainError, slug="terms-under-negotiation"):
    """A draft is edited freely; once proposed, terms change by a proposal of one side to the other."""


class OfferingNotAvailable(DomainError, slug="offering-not-available"):
    """Customers agree on what the catalog has published and has not retired."""


class CustomerNotRegistered(DomainError, slug="customer-not-registered"):
    """An agreement is made with a registered customer."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class IndicatorNotDefined(DomainError, slug="indicator-not-defined"):
    """An objective is measured by an indicator that is defined and not retired."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NoPercentilesMeasured(DomainError, slug="no-percentiles-measured"):
    """A percentile is measured by an indicator of kind histogram: others do not keep what it is made of."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class CalendarNotDefined(DomainError, slug="calendar-not-defined"):
    """Terms name shared calendars that are there."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class CalendarTimeZoneDiffers(DomainError, slug="calendar-elsewhere"):
    """A shared calendar closes local time: it is in the time zone of the service hours."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NothingInForce(DomainError, slug="nothing-binds"):
    """On this day nothing binds both sides, as far as it was known then."""

    status: ClassVar[int] = HTTPStatus.NOT_FOUND
