"""The key that statements are signed with: set by the settings, or generated at the first statement and stored."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.compliance.statements.errors import RevocationInFuture, SigningKeyRevoked, SigningKeySetBySettings
from sla.compliance.statements.model import StatementKey, StatementSecret
from sla.compliance.statements.settings import StatementSettings
from sla.compliance.statements.signing import Signer, generate_signer


async def get_or_create_signer(work: UnitOfWork) -> Signer:
    """Return the signer of new statements."""
    configured = work.service_settings.of(StatementSettings).signer
    signer = await _find_signer(work, configured)
    if signer is None:
        await _lock_key_in_use(work)
        signer = await _find_signer(work, configured) or await _use(work, configured or generate_signer())
    return signer


async def rotate_key(work: UnitOfWork) -> StatementKey:
    """Sign with a new key from now on; the key before stays published, as statements are signed with it."""
    if work.service_settings.of(StatementSettings).key is not None:
        raise SigningKeySetBySettings("Set another key as RAPPORT_STATEMENT_KEY.")
    await _lock_key_in_use(work)
    signer = await _use(work, generate_signer())
    return await get_key(work, signer.kid)


async def revoke_key(work: UnitOfWork, kid: str, since: datetime) -> StatementKey:
    """Trust no statement that the key signed from an instant on, and sign with a new key if it is in use.

    A later revocation can only reach further back.
    """
    if since > work.now:
        raise RevocationInFuture("must not lie in the future", field="since")
    await _lock_key_in_use(work)
    key = await get_key(work, kid)
    if key.retired_at is None:
        await rotate_key(work)
    key.revoked_since = min(since, key.revoked_since or since)
    await work.flush()
    return key


async def list_keys(work: UnitOfWork) -> Sequence[StatementKey]:
    """List all keys there ever were, newest first."""
    return (await work.session.scalars(select(StatementKey).order_by(StatementKey.id.desc()))).all()


async def get_key(work: UnitOfWork, kid: str) -> StatementKey:
    key = await find_key(work, kid)
    if key is None:
        raise NotFound("statement key", kid)
    return key


async def find_key(work: UnitOfWork, kid: str) -> StatementKey | None:
    key: StatementKey | None = await work.session.scalar(select(StatementKey).where(StatementKey.kid == kid))
    return key


async def _find_signer(work: UnitOfWork, configured: Signer | None) -> Signer | None:
    """Return the signer of the key in use, if it is the configured one or none is configured."""
    key = await _find_key_in_use(work)
    if key is None or (configured is not None and key.kid != configured.kid):
        return None
    if configured is not None:
        return configured
    secret = await work.session.get(StatementSecret, key.kid)
    return Signer(secret.seed) if secret else None


async def _use(work: UnitOfWork, signer: Signer) -> Signer:
    """Sign with this key from now on, in the place of the key in use, if there is one."""
    is_configured = work.service_settings.of(StatementSettings).key is not None
    existing = await find_key(work, signer.kid)
    if existing is not None and existing.revoked_since is not None:
        raise SigningKeyRevoked("The key of the settings was revoked: set another one as RAPPORT_STATEMENT_KEY.")
    before = await _find_key_in_use(work)
    if before is not None:
        before.retired_at = work.now
        if (secret := await work.session.get(StatementSecret, before.kid)) is not None:
            await work.session.delete(secret)
        await work.flush()
    if existing is not None:
        existing.retired_at = None
    else:
        work.add(StatementKey(kid=signer.kid, public=signer.public, is_configured=is_configured))
    await work.flush()
    if not is_configured:
        work.add(StatementSecret(kid=signer.kid, seed=signer.seed))
        await work.flush()
    return signer


async def _find_key_in_use(work: UnitOfWork) -> StatementKey | None:
    query = select(StatementKey).where(StatementKey.retired_at.is_(None))
    return (await work.session.scalars(query)).first()


async def _lock_key_in_use(work: UnitOfWork) -> None:
    """Let nobody else change which key is in use until the end of the transaction."""
    await work.lock_name("sla.statement-keys")
