"""The key statements are signed with: given by the settings, or drawn at the first statement and kept here."""

from common.work import Work
from sla.compliance import store
from sla.compliance.model import KeyGivenBySettings, StatementKey, StatementSecret
from sla.compliance.settings import StatementSettings
from sla.compliance.signing import Signer, drawn


async def signer(work: Work) -> Signer:
    """What is signed with now."""
    given = StatementSettings().signer
    found = await _in_use(work, given)
    if found is not None:
        return found
    await store.hold_keys(work)
    return await _in_use(work, given) or await _use(work, given or drawn(), given=given is not None)


async def rotate(work: Work) -> StatementKey:
    """Sign with a new key from now on. What was signed before stays signed with the one before, which stays known."""
    if StatementSettings().key is not None:
        raise KeyGivenBySettings("Give another key as RAPPORT_STATEMENT_KEY.")
    await store.hold_keys(work)
    fresh = drawn()
    await _use(work, fresh, given=False)
    return next(key for key in await store.keys(work) if key.kid == fresh.kid)


async def _in_use(work: Work, given: Signer | None) -> Signer | None:
    key = await store.key_in_use(work)
    if key is None or (given is not None and key.kid != given.kid):
        return None
    return given or await store.secret_signer(work, key.kid)


async def _use(work: Work, fresh: Signer, *, given: bool) -> Signer:
    """In the place of the key in use, if there is one."""
    before = await store.key_in_use(work)
    if before is not None:
        before.retired_at = work.now
        if (secret := await work.session.get(StatementSecret, before.kid)) is not None:
            await work.session.delete(secret)
        await work.flush()
    known = next((key for key in await store.keys(work) if key.kid == fresh.kid), None)
    if known is not None:
        known.retired_at = None
    else:
        work.add(StatementKey(kid=fresh.kid, public=fresh.public, given=given))
    await work.flush()
    if not given:
        work.add(StatementSecret(kid=fresh.kid, seed=fresh.seed))
        await work.flush()
    return fresh
