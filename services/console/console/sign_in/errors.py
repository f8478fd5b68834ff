"""What can go wrong while a person signs in at the identity provider."""

from common.errors import Forbidden, Unauthenticated, Unavailable


class SignInFailed(Unauthenticated, slug="sign-in-failed"):
    """Signing in did not come to an end; begin again."""

    headers = {}  # noqa: RUF012 - as its parent's; browsers are not to ask for credentials themselves


class TokenNotAccepted(Forbidden, slug="token-not-accepted"):
    """The provider knows you, but the token it gave does not open Rapport; tell your operators."""


class NoRole(Forbidden, slug="no-role"):
    """You have no role in Rapport; ask those who manage the accounts for one."""


class ProviderAway(Unavailable, slug="provider-away"):
    """The identity provider does not answer right now; try again in a moment."""
