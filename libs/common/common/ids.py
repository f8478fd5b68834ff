"""Identifiers: UUID version 7, which sort by the time they were created."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    return uuid_utils.compat.uuid7()
