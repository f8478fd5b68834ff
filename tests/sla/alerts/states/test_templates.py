"""The templates of the guide, filled in as their monitors do."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import pytest

from common.testing.fake_issuer import FakeClock
from tests.sla.alerts.states.conftest import StateClient, instant

pytestmark = pytest.mark.usefixtures("agreement")

GUIDE = Path("docs/guides/states.md").read_text(encoding="utf-8")
NASTY = """Connection to "db1" refused; 100 % of 3 & <more> ä, 'as' $HOME said"""
SINCE = 1770116400
FORM = {"content-type": "application/x-www-form-urlencoded"}


def template(name: str) -> str:
    """Return the block of the guide that is marked with a name."""
    found = re.search(rf"^```(?:\w+ )?{name}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


def fill_in(text: str, values: Mapping[str, str]) -> str:
    for macro, value in values.items():
        text = text.replace(macro, value)
    return text


def form_of(arguments: list[str]) -> str:
    """Return the form that curl sends for its arguments."""
    given = [value for flag, value in pairwise(arguments) if flag == "--data-urlencode"]
    return urlencode([tuple(value.split("=", 1)) for value in given])


def run_script(name: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a shell script with a curl that writes its arguments down, and return the form it would send."""
    curl, script = folder / "curl", folder / "script"
    curl.write_text('#!/bin/sh\nfor argument in "$@"; do printf \'%s\\0\' "$argument"; done\n', encoding="utf-8")
    script.write_text(template(name), encoding="utf-8")
    for program in (curl, script):
        program.chmod(0o755)
    (folder / "rapport.conf").write_text("URL=http://rapport KEY=rpk_1\n", encoding="utf-8")
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "RAPPORT_CONF": str(folder / "rapport.conf"),
        **environment,
    }
    done = subprocess.run([str(script)], env=environment, capture_output=True, check=True, timeout=20)
    arguments = done.stdout.decode().rstrip("\0").split("\0")
    assert "http://rapport/sla/v1/push/states" in arguments
    assert "Authorization: Bearer rpk_1" in arguments
    return form_of(arguments)


async def post_form(states: StateClient, form: str) -> None:
    answer = await states.post("", form, **states.alerts.headers("admin"), **FORM)
    assert answer.status_code == 200, answer.text


async def check_outage(states: StateClient, what: str, text: str = NASTY) -> None:
    assert await states.spans() == [(what, "down", instant(0), instant(12))]
    (firing,) = await states.alerts.firings()
    assert firing["annotations"] == {"summary": text}
    assert len(firing["incident_ids"]) == 1


async def test_icinga(states: StateClient, tmp_path: Path) -> None:
    common = {"HOST_NAME": "db1", "SERVICE_NAME": "postgres", "OUTPUT": NASTY, "CONCERNED": "Web shop"}
    for word, since in (
        ("CRITICAL", f"{SINCE}.000000"),
        ("UNKNOWN", f"{SINCE + 60}.5"),
        ("OK", f"{SINCE + 720}.000000"),
    ):
        await post_form(states, run_script("icinga", tmp_path, common | {"STATE": word, "SINCE": since}))
    await check_outage(states, "db1: postgres")


async def test_nagios(states: StateClient) -> None:
    output = NASTY.translate({ord(mark): None for mark in "`~$&|'\"<>"})  # as Nagios does by default
    macros = {"HOSTNAME": "db1", "SERVICEDESC": "postgres", "SERVICEOUTPUT": output, "_SERVICERAPPORT": "Web shop"}
    for word, since in (("CRITICAL", SINCE), ("OK", SINCE + 720)):
        values = macros | {"SERVICESTATE": word, "LASTSERVICESTATECHANGE": str(since)}
        command = fill_in(template("nagios"), {f"${name}$": value for name, value in values.items()})
        await post_form(states, form_of(shlex.split(command)))
    await check_outage(states, "db1: postgres", output)


@pytest.mark.parametrize("kind", ["HOST", "SERVICE"])
async def test_checkmk(states: StateClient, tmp_path: Path, kind: str) -> None:
    common = {"WHAT": kind, "HOSTNAME": "db1", "SERVICEDESC": "postgres", "HOST_RAPPORT": "Web shop"}
    common |= {"PARAMETER_1": "http://rapport", "PARAMETER_2": "rpk_1", f"{kind}OUTPUT": NASTY}
    words = {"HOST": ("DOWN", "UP"), "SERVICE": ("CRITICAL", "OK")}[kind]
    for word, since in zip(words, (SINCE, SINCE + 720), strict=True):
        values = common | {f"{kind}STATE": word, f"LAST{kind}STATECHANGE": str(since)}
        environment = {f"NOTIFY_{name}": value for name, value in values.items()}
        await post_form(states, run_script("checkmk", tmp_path, environment))
    await check_outage(states, "db1" if kind == "HOST" else "db1: postgres")


async def test_zabbix(states: StateClient, clock: FakeClock) -> None:
    macros = {
        "{HOST.NAME}": "db1",
        "{EVENT.NAME}": "PostgreSQL is down",
        "{EVENT.OPDATA}": NASTY,
        "{EVENT.SEVERITY}": "High",
        "{EVENT.TAGS.service}": "Web shop",
        "{TRIGGER.ID}": "16199",
    }
    for word, accepted in (("PROBLEM", "down"), ("RESOLVED", "up")):
        values = macros | {"{EVENT.STATUS}": word}
        parameters = {name: fill_in(text, values) for name, text in json.loads(template("zabbix")).items()}
        labels = {name: parameters.pop(name) for name in ("service", "trigger")}
        assert (await states.push(parameters | {"labels": labels}))[accepted] == 1
        clock.now += timedelta(minutes=12)
    (firing,) = await states.alerts.firings()
    assert (firing["labels"]["alertname"], firing["labels"]["severity"]) == ("db1: PostgreSQL is down", "High")
    (incident,) = (await states.alerts.get("/incidents"))["items"]
    assert (incident["priority"], incident["state"]) == (2, "resolved")


async def test_prtg(states: StateClient, clock: FakeClock) -> None:
    """PRTG may leave what it fills in as it is: a text is cut at an `&`, and nothing is lost for it."""
    macros = {"%device": "db1", "%name": "Ping", "%message": NASTY, "%sensorid": "2042"}
    body = fill_in(template("prtg").strip(), macros)
    await post_form(states, body)
    clock.now += timedelta(minutes=12)
    await post_form(states, body.replace("state=down", "state=up"))
    (firing,) = await states.alerts.firings()
    expected = {"alertname": "db1: Ping", "sensor": "2042", "service": "Web shop"}
    assert expected.items() <= firing["labels"].items()
    (incident,) = (await states.alerts.get("/incidents"))["items"]
    assert incident["state"] == "resolved"


async def test_what_is_no_form_is_refused(states: StateClient) -> None:
    for content in (b"what=a&state=\xff", b"a=b&" * 300, b""):
        answer = await states.alerts.sla_client.sla.client.post(
            "/push/states", content=content, headers=states.alerts.headers("admin") | FORM
        )
        assert answer.status_code == 400, answer.text
