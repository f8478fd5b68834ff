"""The operating system's user PostgreSQL runs as: it refuses to be root, so root lends it an account without rights."""

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rapport.errors import CommandError, WrongOwner

ACCOUNT_NAME = "rapport-postgres"


@dataclass(frozen=True)
class OsAccount:
    uid: int
    gid: int

    @classmethod
    def from_passwd(cls, entry: pwd.struct_passwd) -> "OsAccount":
        return cls(entry.pw_uid, entry.pw_gid)

    @property
    def ids(self) -> tuple[int, int]:
        return self.uid, self.gid

    def take_ownership(self, path: Path) -> None:
        """Make the account the owner of `path`, if this process is root."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)


def choose_account(data: Path, programs: tuple[Path, ...]) -> OsAccount:
    """Choose who runs PostgreSQL on `data`: this user, or for root the data's owner or an account made for it."""
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise WrongOwner(data, user_name(owner))
        return OsAccount(os.geteuid(), os.getegid())
    account = OsAccount.from_passwd(pwd.getpwuid(owner)) if owner else OsAccount.from_passwd(get_or_create_account())
    allow_traversal(data.parent)
    for folder in programs:
        allow_reading(folder)
    return account


def user_name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return f"user id {uid}"


def get_or_create_account(name: str = ACCOUNT_NAME) -> pwd.struct_passwd:
    """Return the account of this name; of several processes that need it at once, one creates it."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not useradd:
        raise CommandError(
            "PostgreSQL does not run as root, and there is no `useradd` to make a user for it. Be somebody else."
        )
    with Path(useradd).open("rb") as lock:
        # Two `useradd` at once both succeed, and the second changes the user id that the first was given.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return pwd.getpwnam(name)
        except KeyError:
            return _create_account(useradd, name)


def _create_account(useradd: str, name: str) -> pwd.struct_passwd:
    nobodys_shell = shutil.which("nologin", path="/usr/sbin:/sbin:/usr/bin:/bin") or "/bin/false"
    subprocess.run(  # noqa: S603 - found by which, constant words
        [useradd, "--system", "--no-create-home", "--shell", nobodys_shell, name], check=True, capture_output=True
    )
    return pwd.getpwnam(name)


def allow_traversal(folder: Path) -> None:
    """Let others walk through (not list) `folder` and all above it."""
    for place in (folder, *folder.parents):
        mode = place.stat().st_mode
        if not mode & stat.S_IXOTH:
            place.chmod(mode | stat.S_IXOTH)


def allow_reading(programs: Path) -> None:
    """Let others read and run what lies under `programs`; a umask of 077 at installation hides it from them."""
    allow_traversal(programs)
    for place in programs.rglob("*"):
        mode = place.stat().st_mode
        readable = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode != readable:
            place.chmod(readable)
