"""Forms that pages send, without scripts: fields by name, and only from pages of this installation."""

from urllib.parse import parse_qsl, urlsplit

from fastapi import Request

from common.errors import Forbidden, Malformed
from common.http.locations import get_public_url

MOST_FIELDS = 200


class FormFromElsewhere(Forbidden, slug="form-from-elsewhere"):
    """A form is sent from a page of this installation."""


async def read_form(request: Request) -> dict[str, str]:
    """Read the fields of a form; of those with the same name the last one counts."""
    await check_origin(request)
    try:
        pairs = parse_qsl(
            (await request.body()).decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise Malformed("The form cannot be read; go back and send it again.", field="body") from error
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


async def check_origin(request: Request) -> None:
    """Refuse a form from another site. Browsers say `null` for pages that hide their own address, as ours do."""
    origin = request.headers.get("origin", "null")
    own_hosts = {request.url.netloc, urlsplit(await get_public_url(request)).netloc}
    is_foreign = origin != "null" and urlsplit(origin).netloc not in own_hosts
    if is_foreign or request.headers.get("sec-fetch-site") == "cross-site":
        raise FormFromElsewhere("This form was not sent from its own page; open the link again and send it from there.")
