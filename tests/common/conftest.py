"""Two small services to try the machinery with: notes tells of its notes, readers counts them."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from common.auth.development_issuer import development_settings
from common.database import provisioning
from common.database.connections import Database
from common.database.entities import Entity, Identified, Versioned, metadata_for
from common.database.machinery_tables import machinery_tables
from common.errors import DomainError
from common.events.entity_replicas import upsert_replicas
from common.events.reactions import Reaction, SetReaction
from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsAnyone, AsManager, AsReader, IfMatch, Router
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.settings import DatabaseSettings, KafkaSettings, Settings
from common.testing.databases import PASSWORD, replace_in_url
from common.testing.plugin import BASE_URL
from common.unit_of_work import UnitOfWork
from common.views import Instant, Name, Number, View
from published.event import Event
from rapport.embedded.broker import Broker


class NoteWritten(Event, service="notes", aggregate="note_id", name="NoteWritten"):
    note_id: UUID
    text: str


class NoteFiled(Event, service="notes", aggregate="note_id", name="NoteFiled"):
    note_id: UUID
    shelf: str


class NoteShared(Event, service="notes", aggregate="note_id", name="NoteShared", for_customer=True):
    note_id: UUID
    customer_id: UUID


class NotesBase(Entity):
    __abstract__ = True
    metadata = metadata_for("notes")


class Note(Identified, Versioned, NotesBase):
    __tablename__ = "notes"
    text: Mapped[str]
    customer_id: Mapped[UUID | None]


class NewNote(View):
    text: Name
    weight: Number | None = None
    at: Instant | None = None
    customer_id: UUID | None = None


class NoteView(View):
    id: UUID
    text: str


class NoteIsForbidden(DomainError, slug="note-is-forbidden"):
    """A note may not be called forbidden."""


router = Router(prefix="/notes", tags=["notes"])


@router.post("", status_code=201)
async def write_note(work: AsManager, body: NewNote) -> NoteView:
    if body.text == "forbidden":
        raise NoteIsForbidden("Call it something else.", field="text")
    note = Note(text=body.text, customer_id=body.customer_id)
    work.add(note)
    await work.flush()
    work.emit(NoteWritten(note_id=note.id, text=note.text))
    work.set_etag(note)
    return NoteView.model_validate(note)


@router.put("/{key}")
async def rewrite_note(work: AsManager, key: UUID, body: NewNote, version: IfMatch) -> NoteView:
    note = await work.get(Note, key, match=version)
    note.text = body.text
    work.emit(NoteWritten(note_id=note.id, text=note.text))
    work.set_etag(note)
    return NoteView.model_validate(note)


@router.get("/{note_id}")
async def read_note(work: AsReader, note_id: UUID) -> NoteView:
    note = await work.get(Note, note_id)
    work.set_etag(note)
    return NoteView.model_validate(note)


@router.get("")
async def list_notes(work: AsReader, page: Paging) -> Page[NoteView]:
    return (await paginate(work.session, select(Note), page, key=Note.id)).to_page(NoteView.model_validate)


@router.get("/open/to/all")
async def for_all(_work: AsAnyone) -> dict[str, str]:
    return {"hello": "you"}


@router.get("/by/careless/reading")
async def write_while_reading(work: AsReader) -> dict[str, str]:
    work.add(Note(text="slipped in"))
    return {"done": "yes"}


class ReadersBase(Entity):
    __abstract__ = True
    metadata = metadata_for("readers")


class Reading(Identified, ReadersBase):
    """Every application of an event: what came twice would stand here twice."""

    __tablename__ = "readings"
    __audited__ = False
    note_id: Mapped[UUID]
    text: Mapped[str]


class FiledNote(ReadersBase):
    """The replica of a note's place: the newest event of the note decides."""

    __tablename__ = "filed_notes"
    __audited__ = False
    note_id: Mapped[UUID] = mapped_column(primary_key=True)
    shelf: Mapped[str]


class CannotBear(Exception):
    pass


BANNED: set[str] = set()


async def note_reading(work: UnitOfWork, event: NoteWritten) -> None:
    if event.text in BANNED:
        raise CannotBear(event.text)
    work.add(Reading(note_id=event.note_id, text=event.text))


async def upsert_filed_notes(work: UnitOfWork, events: Sequence[NoteFiled]) -> None:
    for event in events:
        if event.shelf in BANNED:
            raise CannotBear(event.shelf)
    await upsert_replicas(work, FiledNote, events)


NOTES = ServiceDefinition("notes", "Notes", NotesBase.metadata, [router])
READERS = ServiceDefinition(
    "readers",
    "Readers",
    ReadersBase.metadata,
    [],
    {
        NoteWritten: Reaction("note_reading", note_reading),
        NoteFiled: SetReaction("file_notes", upsert_filed_notes),
    },
)


@pytest.fixture
def banned() -> Any:
    BANNED.clear()
    yield BANNED
    BANNED.clear()


@pytest.fixture(scope="session")
async def small_databases(postgres_url: str) -> AsyncIterator[dict[str, Database]]:
    opened = {}
    for service in (NOTES, READERS):
        machinery_tables(service.metadata)
        await provisioning.provision_service(postgres_url, service.name, PASSWORD)
        opened[service.name] = Database(DatabaseSettings(url=replace_in_url(postgres_url, service.name)))
        async with opened[service.name].engine.begin() as connection:
            await connection.run_sync(service.metadata.create_all)
    yield opened
    for database in opened.values():
        await database.close()


@pytest.fixture
async def small(
    small_databases: dict[str, Database], broker: Broker
) -> AsyncIterator[Callable[[ServiceDefinition], Runtime]]:
    """Gives the runtime of a small service, on tables that are empty again after the test."""
    kafka = KafkaSettings(bootstrap=broker.bootstrap, fetch_max_wait=timedelta(milliseconds=25))

    def of(service: ServiceDefinition) -> Runtime:
        settings = Settings(environment="test", kafka=kafka, auth=development_settings(BASE_URL))
        return service.build_runtime(settings, small_databases[service.name])

    yield of
    for service in (NOTES, READERS):
        async with small_databases[service.name].engine.begin() as connection:
            names = ", ".join(str(table) for table in service.metadata.sorted_tables)
            await connection.exec_driver_sql(f"TRUNCATE {names}")
