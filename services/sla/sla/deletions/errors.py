"""The rules of what can be deleted."""

from common.errors import Conflict


class NotADraft(Conflict, slug="not-a-draft"):
    """Only a draft that the other side has not seen is deleted; all else is withdrawn, and stays on record."""
