"""Signing out, here and at the provider."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.frame.console import get_console
from console.sessions.form_guard import check_form_key, check_origin, read_form

SIGNED_OUT = "/?done=signed-out"


async def sign_out(request: Request) -> Response:
    """End the session here, have its tokens renewed no more, and go where the provider ends its own."""
    console, form = get_console(request), await read_form(request)
    check_origin(request, console.sign_in.get_origin(request))
    session = await console.find_session(request)
    place = SIGNED_OUT
    if session:
        check_form_key(form, session.form_key)
        await console.sign_in.revoke(session)
        place = await console.sign_in.find_sign_out_url(session) or SIGNED_OUT
    answer = RedirectResponse(place, 303)
    console.cookies.delete(request, answer)
    return answer


ROUTES = [Route("/console/sign-out", sign_out, methods=["POST"])]
