"""An upgrade announces what no event told of before, so that other services can name it."""

import asyncio
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
from alembic import command

from common.database import migrations
from common.ids import new_id
from common.testing.databases import CreateDatabase, replace_in_url
from published.catalog import OfferingAudienceChanged, ServiceRegistered
from published.engagement import CustomerRenamed, PersonRoleChanged
from published.event import Event, registered_events

MAIL, MAILBOX, SALES, GRACE = (new_id() for _ in range(4))


async def upgrade_from(url: str, service: str, revision: str, *statements: tuple[str, tuple[Any, ...]]) -> list[Any]:
    """Fill an installation of an earlier version and upgrade it; return what its relay is going to send."""
    await asyncio.to_thread(command.downgrade, migrations.build_alembic_config(service, url), revision)
    connection = await asyncpg.connect(url)
    for statement, values in statements:
        await connection.execute(statement, *values)
    await asyncio.to_thread(migrations.upgrade, service, url)
    pending = f"SELECT o.* FROM {service}.outbox o JOIN {service}.outbox_pending USING (seq) ORDER BY seq"  # noqa: S608
    rows = await connection.fetch(pending)
    await connection.close()
    return rows


def read_events(rows: list[Any]) -> list[tuple[int, Event]]:
    return [(row["version"], registered_events()[row["type"]].model_validate_json(row["data"])) for row in rows]


async def test_services_and_audiences_of_the_catalog_are_announced(new_database: CreateDatabase) -> None:
    url = await new_database("catalog")
    service = """
        INSERT INTO catalog.services (id, name, description, owner, contacts, version)
        VALUES ($1, 'Mail', '', 'Ada', '[]', 1)
    """
    offering = """
        INSERT INTO catalog.offerings
            (id, service_id, name, tier, description, contacts, state, published_at, visible_to, version)
        VALUES ($1, $2, 'Mailbox', $3, '', '[]', 'published', now(), $4, 1)
    """
    head = "INSERT INTO catalog.outbox_heads (subject, version, oldest) VALUES ($1, 3, 1)"

    rows = await upgrade_from(
        url,
        "catalog",
        "0004",
        (service, (MAIL,)),
        (offering, (MAILBOX, MAIL, "gold", [SALES])),
        (offering, (new_id(), MAIL, "silver", None)),
        (head, (str(MAILBOX),)),
    )

    assert read_events(rows) == [
        (1, ServiceRegistered(service_id=MAIL, name="Mail")),
        (4, OfferingAudienceChanged(offering_id=MAILBOX, visible_to=(SALES,))),
    ]


async def test_names_and_roles_of_engagement_are_announced_and_all_its_events_sent_again(
    new_database: CreateDatabase,
) -> None:
    url = await new_database("engagement")
    customer = "INSERT INTO engagement.customers (id, name, version) VALUES ($1, $2, 1)"
    person = """
        INSERT INTO engagement.people (id, customer_id, name, email, role, joined_on, version)
        VALUES ($1, $2, 'Grace Hopper', 'grace@sales.example', $3, '2026-01-01', 1)
    """
    sent = """
        INSERT INTO engagement.outbox (id, type, subject, version, time, data, correlation)
        VALUES ($1, 'rapport.engagement.CustomerRenamed.v1', $2, 1, now(), $3, 'x')
    """
    before = CustomerRenamed(customer_id=SALES, name="Before")

    rows = await upgrade_from(
        url,
        "engagement",
        "0004",
        (customer, (SALES, "Sales")),
        (person, (GRACE, SALES, "key user")),
        (sent, (new_id(), str(SALES), before.model_dump_json().encode())),
        ("INSERT INTO engagement.outbox_heads (subject, version, oldest) VALUES ($1, 1, 1)", (str(SALES),)),
    )

    assert read_events(rows) == [
        (1, before),
        (2, CustomerRenamed(customer_id=SALES, name="Sales")),
        (3, PersonRoleChanged(customer_id=SALES, person_id=GRACE, role="key user")),
    ]
    assert "Grace" not in str(rows)


async def test_services_that_sla_knows_from_offerings_keep_their_names(
    new_database: CreateDatabase, postgres_url: str
) -> None:
    url = await new_database("sla")
    administrator = await asyncpg.connect(replace_in_url(postgres_url, database=urlsplit(url).path.strip("/")))
    await administrator.execute("ALTER TABLE sla.agreement_template_versions OWNER TO sla")  # records are protected
    await administrator.close()
    offering = """
        INSERT INTO sla.known_offerings (offering_id, offering_name, service_id, service_name, published_at)
        VALUES ($1, 'Mailbox', $2, $3, CAST($4 AS text)::timestamptz)
    """

    await upgrade_from(
        url,
        "sla",
        "0033",
        (offering, (new_id(), MAIL, "Mail of last year", "2025-01-01")),
        (offering, (new_id(), MAIL, "Mail", "2026-01-01")),
    )

    connection = await asyncpg.connect(url)
    names: list[tuple[UUID, str]] = [tuple(row) for row in await connection.fetch("SELECT * FROM sla.known_services")]
    await connection.close()
    assert names == [(MAIL, "Mail")]
