"""Identifiers: UUID version 7, so that ids sort by the time they were drawn."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    return uuid_utils.compat.uuid7()
