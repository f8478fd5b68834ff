"""Refuses forms that a page of another site, or of another session, sends in a person's name (CSRF)."""

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from common.errors import Forbidden, Malformed

MAX_FIELDS = 200
FORM_TYPE, FILE_FORM_TYPE = "application/x-www-form-urlencoded", "multipart/form-data"
Form = Mapping[str, str]


class ForeignForm(Forbidden, slug="foreign-form"):
    """The form was not sent by a page of the console; open the page again and send it from there."""


async def read_form(request: Request) -> Form:
    """Return the fields of a form, the last of those with one name, without its file. Raise Malformed."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if media_type == FILE_FORM_TYPE:
        fields = await request.form(max_files=1, max_fields=MAX_FIELDS)
        return {name: value for name, value in fields.items() if isinstance(value, str)}
    if media_type != FORM_TYPE:
        raise Malformed("The console takes what its own forms send.")
    try:
        text = (await request.body()).decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"))
    except ValueError:
        raise Malformed("The form cannot be read.") from None


def check_origin(request: Request, origin: str) -> None:
    """Raise ForeignForm unless the browser says that a page of this origin sent the request.

    Browsers say so in Sec-Fetch-Site (not over plain http to other machines) and in Origin; a request without
    either comes from no browser of these years.
    """
    site, sender = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    is_own = (site or sender) is not None and site in {None, "same-origin"} and sender in {None, origin}
    if not is_own:
        raise ForeignForm("Your browser says that another page sent this. Open the page here and send it again.")


def check_form_key(form: Form, form_key: str) -> None:
    """Raise ForeignForm unless the form belongs to this session."""
    if not secrets.compare_digest(form.get("form_key", "").encode(), form_key.encode()):
        raise ForeignForm("This form is from another session. Open the page again and send it from there.")
