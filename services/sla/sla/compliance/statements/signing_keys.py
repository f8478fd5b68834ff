"""The key statements are signed with: given by the settings, or drawn at the first statement and kept here."""

from collections.abc import Sequence

from sqlalchemy import func, select

from common.unit_of_work import UnitOfWork
from sla.compliance.settings import StatementSettings
from sla.compliance.statements.model import SigningKeySetBySettings, Statement, StatementKey, StatementSecret
from sla.compliance.statements.signing import Signer, generate_signer


async def get_or_create_signer(work: UnitOfWork) -> Signer:
    """What is signed with now."""
    given = StatementSettings().signer
    found = await _in_use(work, given)
    if found is not None:
        return found
    await _hold(work)
    return await _in_use(work, given) or await _use(work, given or generate_signer(), given=given is not None)


async def rotate_key(work: UnitOfWork) -> StatementKey:
    """Sign with a new key from now on. What was signed before stays signed with the one before, which stays known."""
    if StatementSettings().key is not None:
        raise SigningKeySetBySettings("Give another key as RAPPORT_STATEMENT_KEY.")
    await _hold(work)
    fresh = generate_signer()
    await _use(work, fresh, given=False)
    return next(key for key in await list_keys(work) if key.kid == fresh.kid)


async def _in_use(work: UnitOfWork, given: Signer | None) -> Signer | None:
    key = await _current(work)
    if key is None or (given is not None and key.kid != given.kid):
        return None
    return given or await _secret(work, key.kid)


async def _use(work: UnitOfWork, fresh: Signer, *, given: bool) -> Signer:
    """In the place of the key in use, if there is one."""
    before = await _current(work)
    if before is not None:
        before.retired_at = work.now
        if (secret := await work.session.get(StatementSecret, before.kid)) is not None:
            await work.session.delete(secret)
        await work.flush()
    known = next((key for key in await list_keys(work) if key.kid == fresh.kid), None)
    if known is not None:
        known.retired_at = None
    else:
        work.add(StatementKey(kid=fresh.kid, public=fresh.public, given=given))
    await work.flush()
    if not given:
        work.add(StatementSecret(kid=fresh.kid, seed=fresh.seed))
        await work.flush()
    return fresh


async def _current(work: UnitOfWork) -> StatementKey | None:
    query = select(StatementKey).where(StatementKey.retired_at.is_(None))
    return (await work.session.scalars(query)).first()


async def _secret(work: UnitOfWork, kid: str) -> Signer | None:
    secret = await work.session.get(StatementSecret, kid)
    return Signer(secret.seed) if secret else None


async def list_keys(work: UnitOfWork) -> Sequence[StatementKey]:
    """All there ever were, newest first."""
    return (await work.session.scalars(select(StatementKey).order_by(StatementKey.id.desc()))).all()


async def _hold(work: UnitOfWork) -> None:
    """Until the end of the transaction nobody else changes which key is in use."""
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("sla.statement-keys", 0))))


async def get_key(work: UnitOfWork, statement: Statement) -> StatementKey:
    return (await work.session.scalars(select(StatementKey).where(StatementKey.kid == statement.kid))).one()
