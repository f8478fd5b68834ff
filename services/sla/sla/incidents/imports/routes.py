"""HTTP: import incidents from a CSV file."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request

from common.errors import UnsupportedMediaType
from common.http.deadline import answer_time_of
from common.http.request_bodies import RequestBody, decode_body, encoding_of, media_type_of
from common.http.request_scope import AsOwner, Router, get_runtime
from common.views import MachineName
from sla.incidents.imports import actions
from sla.incidents.imports.cells import DateOrder
from sla.incidents.imports.csv_table import Encoding, Separator, read_csv
from sla.incidents.imports.views import ImportOptions, ImportReport

MAX_FILE_BYTES = 16 * 1024 * 1024
CSV, FORM = "text/csv", "multipart/form-data"
CSV_EXAMPLE = """\
Number,Short description,Priority,Company,Service offering,Opened,Resolved,Assigned to
INC0010001,Mail does not arrive,2 - High,Acme,Mail Gold,2026-02-03 09:15,2026-02-03 11:40,Olga
INC0010002,Mailbox is full,4 - Low,Acme,Mail Gold,2026-02-03 10:02,,
"""
FILE_PART: dict[str, Any] = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
BODY = {
    "required": True,
    "content": {
        CSV: {"schema": {"type": "string", "examples": [CSV_EXAMPLE]}},
        FORM: {"schema": FILE_PART | {"required": ["file"]}},
    },
}

router = Router(tags=["incidents"])

PairList = Annotated[list[str], Query(max_length=100)]


async def _import_options(  # noqa: PLR0913, PLR0917 - each is a parameter of the address
    source: Annotated[MachineName, Query(min_length=1, description="The tool that the file comes from.")],
    rows: Annotated[
        Literal["incidents", "updates"],
        Query(description="Whether a line is an incident, or an update of one with its `state` then."),
    ] = "incidents",
    mode: Annotated[
        Literal["all", "good_lines"], Query(description="Whether one bad line has the whole file refused.")
    ] = "all",
    dry_run: Annotated[bool, Query(description="Report what would be imported, and store nothing.")] = False,
    zone: Annotated[str | None, Query(description="The zone of times without an offset, as Europe/Paris.")] = None,
    dates: Annotated[
        DateOrder, Query(description="How dates are written that do not begin with a year.")
    ] = "year_first",
    encoding: Annotated[Encoding | None, Query(description="Default: by the file's first bytes, else utf-8.")] = None,
    separator: Annotated[Separator | None, Query(description="Default: by the file's first line.")] = None,
    columns: Annotated[
        list[str], Query(max_length=20, description="What columns say whose name does not: `incident=Issue key`.")
    ] = [],  # noqa: B006 - FastAPI copies it
    priorities: Annotated[
        list[str], Query(max_length=50, description="What words for priorities mean: `Blocker=1`.")
    ] = [],  # noqa: B006
    states: Annotated[
        list[str],
        Query(max_length=100, description="What states mean (new, acknowledged, paused, …): `Awaiting Vendor=paused`."),
    ] = [],  # noqa: B006
    customer: Annotated[str | None, Query(description="The customer of lines that name none, by name or id.")] = None,
    offering: Annotated[str | None, Query(description="The offering of lines that name none.")] = None,
    service: Annotated[str | None, Query(description="The service of lines that name none.")] = None,
    priority: Annotated[str | None, Query(description="The priority of lines that say none.")] = None,
) -> ImportOptions:
    return ImportOptions.model_validate(dict(locals()))


@router.post(
    "/incidents/imports",
    summary="Import incidents from a CSV file",
    openapi_extra={"requestBody": BODY},
)
async def import_incidents(
    work: AsOwner, request: Request, options: Annotated[ImportOptions, Depends(_import_options)]
) -> ImportReport:
    """Accepts the exports of ServiceNow, Jira, GLPI and others: the first line names the columns, and customers,
    offerings and services are given by name or id. Importing a file again changes nothing. A file has at most 10,000
    lines; one that takes longer than a request may is refused as a whole, with how to split it.
    """
    body = await _read_file(request)
    table = await decode_body(
        get_runtime(request), body, MAX_FILE_BYTES, lambda raw: read_csv(raw, options.encoding, options.separator)
    )
    return await actions.import_incidents(work, table, options, answer_time_of(request))


async def _read_file(request: Request) -> RequestBody:
    """Return the body, or the one file of a form."""
    if media_type_of(request) == CSV:
        return RequestBody(await request.body(), CSV, encoding_of(request))
    if media_type_of(request) != FORM:
        raise UnsupportedMediaType(f"Send {CSV}, or the file in {FORM}.", field="Content-Type")
    async with request.form(max_files=1, max_fields=0, max_part_size=MAX_FILE_BYTES) as form:
        file = form.get("file")
        if file is None or isinstance(file, str):
            raise UnsupportedMediaType("Send the file as the part `file`.", field="file")
        return RequestBody(await file.read(), CSV)
