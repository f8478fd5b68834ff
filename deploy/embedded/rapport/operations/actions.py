"""What an operator does about what the doctor finds, in words; names in braces are filled in."""

from enum import StrEnum


class Action(StrEnum):
    PYTHON = "Install Python 3.11 or newer, and name it: `make clean`, then `make PYTHON=python3.12 install`."
    PROGRAMS = "Install the packages again: `make clean`, then `make install`."
    NO_DIRECTORY = "Start Rapport, which makes it: `rapport up`. Or name the directory of a Rapport: --data."
    NO_SPACE = "Free some space, or move the directory to a larger disk while Rapport is stopped, and name it: --data."
    WRONG_VERSION = (
        "Start it with the version of Rapport that wrote the data, `rapport backup` it, and `rapport restore` the file "
        "into a new directory of this version."
    )
    PORT_TAKEN = "End the program that has the port, or start Rapport on another one: --port."
    NOT_RUNNING = "Start it: `rapport up`."
    NOT_READY = (
        "Wait for a minute after a start. If it lasts, read the reason at {url}/<service>/readyz and the errors in "
        "{log}."
    )
    NOT_ANSWERING = "Look for the cause in {log}, and start Rapport again if nothing changes for a minute."
    CLOCK = (
        "Set the time by NTP, here and where PostgreSQL runs. Closings, deadlines and expiry wait until then, and go "
        "on by themselves."
    )
    NO_DATABASE_NAMED = "Start Rapport, or name its database with an administrator's URL: --database-url."
    DATABASE_AWAY = "Check that PostgreSQL runs, and that host, port, user and password of the URL are right."
    OLD_POSTGRES = "Upgrade PostgreSQL to {version} or newer: `pg_upgrade`, or a dump and a restore."
    MIGRATE = "Migrate it: `rapport migrate`, with the version of Rapport whose services run."
    DEAD_LETTERS = (
        "Read the reasons: `rapport dead-letters list`. Mend the cause, then `rapport dead-letters retry {service}`."
    )
    HELD = (
        "Wait for some minutes. If they stay held, have the service they come from send again what they wait for: "
        "`rapport replay <source>`."
    )
    LATE = (
        "Check that Kafka runs and that {service} reaches it; `loop_restarted` in its log names the reason. Nothing is "
        "lost: they are sent when it is back."
    )
    EXPIRED = (
        "Send them again: `rapport replay {source} --since` the day on which {service} stopped reading. Run {service} "
        "without long breaks: Kafka deletes events after a time."
    )
    DELETED = (
        "They cannot be sent again. Change each entity concerned in {source}, by which its newest state comes, and "
        "keep the outbox for longer (`RAPPORT_EVENTS__RETENTION`)."
    )
    FAILED_ITEMS = "Mend what the reason names. They are tried again within the hour; everything else went on."
    EXPIRING_KEYS = (
        "Make a second key of the same name (`POST /sla/v1/api-keys`), give it to the monitor, then revoke the first. "
        "What a monitor pushes with an expired key is refused, and most drop it."
    )
    FORGED = (
        "Find out who changed the table `{service}.audit`, and compare it with a backup. The rows before the one that "
        "is named are as they were written."
    )
