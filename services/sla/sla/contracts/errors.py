"""The rules of contracts: how they are drafted, signed, amended, kept and ended."""

from common.errors import Conflict, Invalid


class ContractDoesNotRenew(Conflict, slug="contract-does-not-renew"):
    """Notice can only end a contract that would renew itself."""


class ContractNotSigned(Conflict, slug="contract-not-signed"):
    """Both sides sign a contract before it is amended, ended or kept."""


class ContractOver(Conflict, slug="contract-over"):
    """A contract that has ended or was withdrawn does not change."""


class NoOpenDraft(Conflict, slug="no-open-draft"):
    """There has to be an open draft to edit, sign or withdraw; customers see it once the provider has signed."""


class DraftAlreadyOffered(Conflict, slug="draft-already-offered"):
    """A draft that the provider has signed does not change: withdraw it and draft it again."""


class ContractAmendmentUnderWay(Conflict, slug="contract-amendment-under-way"):
    """An amendment cannot be drafted while another one is."""


class AmendmentInThePast(Invalid, slug="amendment-in-the-past"):
    """An amendment takes effect today or later, and not before the contract starts."""


class AmendmentChangesNothing(Invalid, slug="amendment-changes-nothing"):
    """An amendment has to change the terms."""


class ContractStartFixed(Invalid, slug="contract-start-fixed"):
    """The first day and the time zone of a contract stay as they were signed."""


class InitialTermFixed(Invalid, slug="initial-term-fixed"):
    """The initial term changes only while it lasts, and only to one that is not over yet."""


class NoticeAlreadyGiven(Conflict, slug="notice-already-given"):
    """Notice is given only once, and fixes the term and its renewal."""


class NoticeBackdated(Invalid, slug="notice-backdated"):
    """A customer's notice counts from today on; the provider may record one that came earlier by letter."""


class NoticeBeforeSignature(Invalid, slug="notice-before-signature"):
    """Notice cannot be given before the contract was signed."""


class AgreementOfAnotherCustomer(Invalid, slug="agreement-of-another-customer"):
    """A contract takes only agreements with its own customer."""


class ObligationAlreadyFulfilled(Conflict, slug="obligation-already-fulfilled"):
    """An obligation is fulfilled once for each day it is due on."""


class ObligationNotDue(Invalid, slug="obligation-not-due"):
    """An obligation is fulfilled for one of the days it is due on."""


class ObligationOfOtherSide(Conflict, slug="obligation-of-other-side"):
    """A customer can fulfil only the customer's obligations."""
