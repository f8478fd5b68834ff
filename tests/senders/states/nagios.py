"""A real Nagios for tests: it checks one service every second, and notifies with the command of the guide to states."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rapport.processes.child import ChildProcess
from rapport.processes.program import ServerProgram

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "states.md"
OUTPUT = """Connection to "db1" refused; 100 % of 3 & more"""
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

OBJECTS = """
define timeperiod {{
    timeperiod_name always
    alias always
    {days}
}}
define command {{
    command_name check
    command_line {home}/check
}}
define command {{
    command_name rapport
    command_line {notify}
}}
define contact {{
    contact_name rapport
    host_notification_period always
    host_notification_options n
    host_notification_commands rapport
    service_notification_period always
    service_notification_options w,u,c,r
    service_notification_commands rapport
}}
define host {{
    host_name db1
    max_check_attempts 1
    contacts rapport
}}
define service {{
    host_name db1
    service_description postgres
    check_command check
    check_interval 1
    retry_interval 1
    max_check_attempts 1
    check_period always
    notification_period always
    notification_interval 0
    contacts rapport
    _RAPPORT {service}
}}
"""
SETTINGS = """
cfg_file={home}/objects.cfg
resource_file={home}/resource.cfg
log_file={home}/nagios.log
status_file={home}/status.dat
object_cache_file={home}/objects.cache
state_retention_file={home}/retention.dat
lock_file={home}/nagios.lock
temp_file={home}/nagios.tmp
temp_path={home}
check_result_path={home}/results
query_socket={home}/nagios.qh
command_file={home}/nagios.cmd
check_external_commands=0
nagios_user={user}
nagios_group={user}
interval_length=1
illegal_macro_output_chars=`~$&|'"<>
"""


@dataclass
class Nagios(ServerProgram):
    name: ClassVar[str] = "nagios4"

    home: Path
    url: str
    key: str
    service: str

    def set_state(self, code: int) -> None:
        """Set what a check finds: 0 for OK, 1 for WARNING, 2 for CRITICAL, 3 for UNKNOWN."""
        check = self.home / "check.new"
        check.write_text(f"#!/bin/sh\necho '{OUTPUT}'\nexit {code}\n", encoding="utf-8")
        check.chmod(0o755)
        check.rename(self.home / "check")

    async def start(self) -> None:
        (self.home / "results").mkdir(parents=True)
        self.set_state(0)
        found = re.search(r"^```nagios\n(.*?)\n```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        assert found
        days = "\n    ".join(f"{day} 00:00-24:00" for day in DAYS)
        objects = OBJECTS.format(home=self.home, days=days, notify=found[1], service=self.service)
        (self.home / "objects.cfg").write_text(objects, encoding="utf-8")
        (self.home / "resource.cfg").write_text(f"$USER9$={self.key}\n$USER10$={self.url}\n", encoding="utf-8")
        user = "root" if os.geteuid() == 0 else str(os.geteuid())
        (self.home / "nagios.cfg").write_text(SETTINGS.format(home=self.home, user=user), encoding="utf-8")
        program = shutil.which(self.name)
        assert program
        self.child = await ChildProcess.start([program, str(self.home / "nagios.cfg")], log=self.home / "out.log")
