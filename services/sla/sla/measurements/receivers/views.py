"""The answers to pushes over HTTP."""

from common.views import View


class SamplesAccepted(View):
    accepted: int
    """Samples written to the push log; a repeated sample is counted here, and has no effect."""
