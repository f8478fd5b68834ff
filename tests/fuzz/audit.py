"""`make audit`: known vulnerabilities of the locked packages, or a line that says why nothing was looked up."""

import subprocess
import sys
from pathlib import Path

UV = Path(sys.executable).with_name("uv")
UNREACHABLE = ("error sending request", "dns error", "Connect")


def main() -> int:
    audit = subprocess.run([UV, "audit", "--frozen"], capture_output=True, text=True, check=False)
    if audit.returncode and any(sign in audit.stderr for sign in UNREACHABLE):
        print("The database of vulnerabilities (OSV) is not in reach: nothing was audited.", file=sys.stderr)  # noqa: T201
        return 0
    print(audit.stdout + audit.stderr)  # noqa: T201 - what the command is for
    return audit.returncode


if __name__ == "__main__":
    sys.exit(main())
