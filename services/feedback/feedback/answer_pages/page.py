"""Renders the answer page and the messages that stand in its place."""

from common.pages.page_templates import PageTemplates, RenderedPage
from feedback.answer_pages.entered_answer import NOTHING_ENTERED, EnteredAnswer
from feedback.answer_pages.wording import ENGLISH, Message
from feedback.responses.views import Question
from feedback.surveys.model import ReleasePolicy, Survey, SurveyState

TEMPLATES = PageTemplates("feedback.answer_pages", "answer.css", values={"texts": ENGLISH})


def render_question(survey: Survey, *, is_answered: bool, is_recorded: bool) -> RenderedPage:
    """Render the question, or say why it takes no answer; `is_recorded` right after it was answered."""
    if is_answered:
        return render_message(ENGLISH.recorded if is_recorded else ENGLISH.answered, survey.name, is_good=True)
    if survey.state is not SurveyState.OPEN:
        return render_message(ENGLISH.closed, survey.name)
    return render_form(survey, NOTHING_ENTERED)


def render_form(survey: Survey, entered: EnteredAnswer) -> RenderedPage:
    at_closing = survey.release is ReleasePolicy.CLOSING
    return TEMPLATES.render(
        "answer.html",
        form_target="'self'",
        language=ENGLISH.language,
        question=Question.from_survey(survey, answered=False),
        entered=entered,
        rating_release=ENGLISH.describe_rating_release(survey.smallest_n, at_closing=at_closing),
        comment_release=ENGLISH.describe_comment_release(survey.smallest_n_for_comments),
    )


def render_message(message: Message, survey_name: str = "", *, is_good: bool = False) -> RenderedPage:
    return TEMPLATES.render(
        "message.html", language=ENGLISH.language, message=message, survey_name=survey_name, is_good=is_good
    )
