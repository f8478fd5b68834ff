"""A witness inside the database: triggers record every change of the read models, in order, whoever made it."""

import asyncpg

PLACES = {
    "sla.known_customers": ("customer_id", "name"),
    "feedback.customers": ("customer_id", "name"),
    "reporting.customers": ("customer_id", "name"),
    "sla.known_offerings": ("offering_id", "offering_name"),
    "reporting.offerings": ("offering_id", "name"),
    "feedback.members": ("customer_id", "person_id"),
}
"""Table: the column that names the aggregate, and the one that the event changes."""

_LEDGER = """
CREATE SCHEMA witness;
CREATE TABLE witness.effects (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, place text NOT NULL, subject text NOT NULL, what text NOT NULL
);
CREATE FUNCTION witness.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO witness.effects (place, subject, what)
    VALUES (TG_ARGV[0], to_jsonb(NEW) ->> TG_ARGV[1], to_jsonb(NEW) ->> TG_ARGV[2]);
    RETURN NULL;
END $$;
"""
_WATCH = (
    "CREATE TRIGGER witnessed AFTER INSERT OR UPDATE ON {place} FOR EACH ROW"
    " EXECUTE FUNCTION witness.note('{place}', '{subject}', '{what}')"
)

Effects = dict[str, dict[str, list[str]]]


async def create_triggers(connection: asyncpg.Connection) -> None:
    """The sequence is drawn while the consumer holds the aggregate's row, so its order is that of the effects."""
    await connection.execute(_LEDGER)
    for place, (subject, name) in PLACES.items():
        await connection.execute(_WATCH.format(place=place, subject=subject, what=name))


async def read_effects(connection: asyncpg.Connection) -> Effects:
    """Place, aggregate: what happened to it, in order."""
    effects: Effects = {place: {} for place in PLACES}
    for row in await connection.fetch("SELECT place, subject, what FROM witness.effects ORDER BY seq"):
        effects[row["place"]].setdefault(row["subject"], []).append(row["what"])
    return effects
