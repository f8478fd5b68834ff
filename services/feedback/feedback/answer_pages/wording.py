"""Every text of the answer page, in one place: another language is another `AnswerTexts`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A page that says one thing, and what to do next."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerTexts:
    language: str
    """The tag of the language (BCP 47)."""
    eyebrow: str
    skip: str
    labels: Mapping[str, str]
    """The words of the scales by those of the instruments."""
    rating_hint: str
    comment_label: str
    comment_hint: str
    send: str
    error_title: str
    error_prefix: str
    rating_missing: str
    comment_too_long: str
    comment_unreadable: str
    privacy_title: str
    name_is_not_kept: str
    rating_is_shown: str
    rating_is_shown_at_closing: str
    every_rating_is_shown: str
    comment_is_shown: str
    answer_is_final: str
    recorded: Message
    answered: Message
    closed: Message
    unknown: Message
    refused: Message
    failed: Message

    def describe_rating_release(self, smallest_n: int, *, at_closing: bool) -> str:
        if smallest_n == 1 and not at_closing:
            return self.every_rating_is_shown
        text = self.rating_is_shown_at_closing if at_closing else self.rating_is_shown
        return text.format(count=smallest_n)

    def describe_comment_release(self, smallest_count: int) -> str:
        return self.comment_is_shown.format(count=smallest_count)


ENGLISH = AnswerTexts(
    language="en",
    eyebrow="Your opinion",
    skip="Skip to the question",
    labels={
        "very dissatisfied": "Very dissatisfied",
        "dissatisfied": "Dissatisfied",
        "neither": "Neither satisfied nor dissatisfied",
        "satisfied": "Satisfied",
        "very satisfied": "Very satisfied",
    },
    rating_hint="Choose one.",
    comment_label="Why? (optional)",
    comment_hint="Your words are shown as you write them. Leave out names, also your own.",
    send="Send my answer",
    error_title="Your answer was not sent yet",
    error_prefix="Error:",
    rating_missing="Choose one of the answers.",
    comment_too_long="Shorten the comment: it has {length} characters, and {longest} are the most.",
    comment_unreadable="The comment holds characters that cannot be kept; write it in plain words.",
    privacy_title="Who will see this",
    name_is_not_kept="Your name is not kept with your answer, and nobody is shown who has answered.",
    rating_is_shown=(
        "Your organisation and IT see a score of at least {count} answers together: nobody sees yours alone."
    ),
    rating_is_shown_at_closing=(
        "Your organisation and IT see a score when the survey has closed, if at least {count} people have answered: "
        "nobody sees your answer alone."
    ),
    every_rating_is_shown=(
        "Your organisation and IT see the score after every answer. Where few people are asked, they may guess whose "
        "answer it was."
    ),
    comment_is_shown="Comments are shown once {count} people have answered, without ratings and in no order.",
    answer_is_final="You can answer once. As your answer is kept without your name, it cannot be changed later.",
    recorded=Message("Thank you", "Your answer was recorded. You can close this page."),
    answered=Message(
        "This has been answered",
        "An answer was given by this link, and each link takes one. If it was yours: thank you, there is nothing left "
        "to do. If not, tell the person who invited you.",
    ),
    closed=Message(
        "This survey is closed",
        "It takes no more answers. If there is something you want to say, write to the person who invited you.",
    ),
    unknown=Message(
        "This link does not open a survey",
        "Check that you have the whole link: mail programs sometimes cut one at the end of a line. If it is whole, a "
        "newer link has taken its place: look for a later message, or ask the person who invited you.",
    ),
    refused=Message(
        "This could not be done",
        "Open the link in your invitation again. If that does not help, tell the person who invited you.",
    ),
    failed=Message(
        "Something went wrong",
        "It is not your fault, and your answer may not have been recorded. Wait a minute, then go back to the page "
        "before this one and send it again: what you wrote is still there.",
    ),
)
