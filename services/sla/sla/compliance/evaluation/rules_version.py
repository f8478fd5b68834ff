"""The versions of the rules of evaluation: a signed statement keeps the one that it was issued under."""

from enum import IntEnum
from typing import Self


class RulesVersion(IntEnum):
    """A version of the rules, and of the statement document that names it; decisions 29 and 49 say what changed."""

    V1 = 1
    """A slice of which monitors knew that nothing happened in it was good; figures were rounded half to even."""
    V2 = 2
    """A slice in which nothing was counted is unknown; figures are cut towards the bad side."""
    V3 = 3
    """An hour, day or period of a volume of which too little was measured is unknown, unless its count decides it."""

    @property
    def statement_format(self) -> str:
        """The format that a statement of this version names."""
        return f"rapport statement {self.value}"

    @classmethod
    def from_statement_format(cls, text: object) -> Self | None:
        return next((version for version in cls if version.statement_format == text), None)


CURRENT_RULES = RulesVersion.V3
