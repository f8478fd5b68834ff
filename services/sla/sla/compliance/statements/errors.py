"""The rules of closing periods, restating statements and replacing the signing key."""

from common.errors import Conflict, Invalid


class NoTermsInForce(Invalid, slug="no-terms-in-force"):
    """No signed terms were in force in the period."""


class PeriodNotBegun(Invalid, slug="period-not-begun"):
    """The period has not begun yet."""


class PeriodNotOver(Conflict, slug="period-not-over"):
    """The period is not over, or its last measurements may still arrive."""


class PeriodAlreadyClosed(Conflict, slug="period-already-closed"):
    """The period has a statement; corrections are restatements of it."""


class EarlierPeriodOpen(Conflict, slug="earlier-period-open"):
    """Periods are closed one after the other, oldest first."""


class StatementSuperseded(Conflict, slug="statement-superseded"):
    """The statement has a later revision, and only the latest can be restated."""


class NothingToRestate(Conflict, slug="nothing-to-restate"):
    """A restatement differs from the statement before it, unless the key of that one was revoked."""


class RevocationInFuture(Invalid, slug="revocation-in-future"):
    """A key is revoked from an instant that is over."""


class SigningKeyRevoked(Conflict, slug="signing-key-revoked"):
    """A key that was revoked signs no statement again."""


class SigningKeySetBySettings(Conflict, slug="signing-key-set-by-settings"):
    """The signing key is set by the settings, and is replaced there."""
