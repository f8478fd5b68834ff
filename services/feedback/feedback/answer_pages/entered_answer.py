"""What a person has filled in, as it came, and what is wrong with it in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pydantic import TypeAdapter, ValidationError

from common.views import Text
from feedback.answer_pages.wording import ENGLISH
from feedback.responses.views import NewAnswer
from feedback.surveys.instruments import Instrument

COMMENT: TypeAdapter[str] = TypeAdapter(Text)


@dataclass(frozen=True, slots=True)
class EnteredAnswer:
    rating: str
    comment: str
    errors: Mapping[str, str]
    """Messages by the field they are about: `rating`, `comment`."""

    @classmethod
    def from_fields(cls, fields: Mapping[str, str], scale: Instrument) -> Self:
        rating, comment = fields.get("rating", ""), fields.get("comment", "")
        messages = {"rating": _check_rating(rating, scale), "comment": _check_comment(comment)}
        return cls(rating, comment, {name: message for name, message in messages.items() if message})

    def to_answer(self) -> NewAnswer:
        return NewAnswer(rating=int(self.rating), comment=self.comment)


NOTHING_ENTERED = EnteredAnswer("", "", {})


def _check_rating(rating: str, scale: Instrument) -> str | None:
    ratings = {str(number) for number in range(scale.lowest, scale.highest + 1)}
    return None if rating in ratings else ENGLISH.rating_missing


def _check_comment(comment: str) -> str | None:
    try:
        COMMENT.validate_python(comment)
    except ValidationError as error:
        (fault,) = error.errors()
        longest = fault.get("ctx", {}).get("max_length")
        if longest is None:
            return ENGLISH.comment_unreadable
        return ENGLISH.comment_too_long.format(length=f"{len(comment.strip()):,}", longest=f"{longest:,}")
    return None
