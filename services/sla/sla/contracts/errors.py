"""The rules of contracts: when they are drafted, signed, amended and ended."""

from http import HTTPStatus
from typing import ClassVar

from common.errors import DomainError


class ContractDoesNotRenew(DomainError, slug="contract-ends-by-itself"):
    """Notice is given of a contract that would renew itself."""


class ContractNotSigned(DomainError, slug="contract-not-signed"):
    """Only a contract both sides have signed is amended, ended and kept to."""


class ContractOver(DomainError, slug="contract-over"):
    """A contract that has ended, or was withdrawn, does not bind and does not change."""


class NoOpenDraft(DomainError, slug="nothing-to-sign"):
    """What is edited, signed or withdrawn is a draft on the table; the provider signs first, which offers it."""


class DraftAlreadyOffered(DomainError, slug="draft-offered"):
    """What the provider has signed does not change: withdraw it, and draft it anew."""


class ContractAmendmentUnderWay(DomainError, slug="contract-amendment-under-way"):
    """One amendment is drafted at a time."""


class AmendmentInThePast(DomainError, slug="amendment-in-the-past"):
    """An amendment takes effect today or later, and not before the contract does."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class AmendmentChangesNothing(DomainError, slug="amendment-changes-nothing"):
    """An amendment changes the terms."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ContractStartFixed(DomainError, slug="start-fixed"):
    """The first day and the time zone of a contract stay as they were signed."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class InitialTermFixed(DomainError, slug="initial-term-fixed"):
    """The initial term changes while it lasts, to one that is not over yet."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NoticeAlreadyGiven(DomainError, slug="notice-already-given"):
    """Notice is given once."""


class NoticeBackdated(DomainError, slug="notice-backdated"):
    """A customer's notice counts from the day it is given; the provider records when one came by letter."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NoticeBeforeSignature(DomainError, slug="notice-before-signature"):
    """Notice is given of what has been signed."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class AgreementOfAnotherCustomer(DomainError, slug="agreement-of-another-customer"):
    """Agreements are attached to a contract with the same customer."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ObligationAlreadyFulfilled(DomainError, slug="obligation-already-fulfilled"):
    """An obligation is fulfilled once, or once for each day it is due on."""


class ObligationNotDue(DomainError, slug="obligation-not-due-then"):
    """What is fulfilled is due on one of the days of its obligation."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ObligationOfOtherSide(DomainError, slug="obligation-of-other-side"):
    """A customer fulfils what the customer owes."""
