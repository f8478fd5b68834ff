"""The rules of surveys that a request can break."""

from common.errors import Conflict


class SurveyNotDraft(Conflict, slug="survey-not-draft"):
    """A survey is changed and opened while it is a draft: respondents rely on its terms from its opening on."""


class SurveyNotOpen(Conflict, slug="survey-not-open"):
    """People are invited to an open survey and answer it while it is open; only an open survey is closed."""
