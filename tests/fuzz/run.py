"""`make fuzz`: every OpenAPI document by Schemathesis, and damaged pushes, against a Rapport of its own."""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from damaged_pushes import generate_pushes
from processes import Up, until

from rapport.service_names import ServiceName

START_SECONDS = 300.0
UV = Path(sys.executable).with_name("uv")
SCHEMATHESIS = "schemathesis==4.32.5"
"""Run in an environment of its own, as it needs versions of libraries that nothing else here does."""
ALLOWED_FAULT = 503
"""An overloaded machine may be answered with it; any other 5xx is a fault of ours."""
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def fuzz_documents(rapport: Up, home: Path, seconds: int, seed: int) -> list[str]:
    """Send what each service's OpenAPI document allows and what it forbids; return the services with a 5xx."""
    (bearer,) = rapport.token("--role", "admin").values()
    faulty = []
    for name in ServiceName:
        command = [UV, "tool", "run", "--from", SCHEMATHESIS, "schemathesis", "--config-file", CONFIGURATION, "run"]
        limits = ["--seed", seed, "--max-time", seconds, "--workers", 1, "--no-shrink", "--request-timeout", 60]
        target = [f"{rapport.url}/{name}/openapi.json", "-H", f"Authorization: {bearer}"]
        line = [str(word) for word in (*command, *target, *limits, "--phases", "examples,coverage,fuzzing")]
        print(f"{name}: {seconds} s", flush=True)  # noqa: T201 - a command's progress
        if subprocess.run(line, cwd=home, check=False).returncode:
            faulty.append(str(name))
    return faulty


def fuzz_pushes(rapport: Up, seconds: int, seed: int) -> list[str]:
    """Send damaged pushes; return those that were answered with a fault, with what repeats them."""
    faults, statuses = [], dict[int, int]()
    deadline = time.monotonic() + seconds
    with httpx.Client(base_url=rapport.url, headers=rapport.token("--role", "admin"), timeout=60) as client:
        for number, push in enumerate(generate_pushes(seed)):
            if time.monotonic() > deadline:
                break
            status = client.post(push.path, content=push.body, headers=push.headers).status_code
            statuses[status] = statuses.get(status, 0) + 1
            if status >= httpx.codes.INTERNAL_SERVER_ERROR and status != ALLOWED_FAULT:
                faults.append(f"push {number} of seed {seed} to {push.path}: {status}, {push.body.hex()}")
    print(f"pushes by status: {statuses}", flush=True)  # noqa: T201
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each service's document, and for pushes")
    parser.add_argument("--seed", type=int, default=8)
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="rapport-fuzz-"))
    home.chmod(0o755)  # PostgreSQL does not run as root
    rapport = Up(home / "data")
    try:
        until(rapport.is_ready, "readiness", START_SECONDS)
        faults = fuzz_pushes(rapport, arguments.seconds, arguments.seed)
        faults += fuzz_documents(rapport, home, arguments.seconds, arguments.seed)
        print("\n".join(faults) or "no faults", flush=True)  # noqa: T201
    finally:
        rapport.stop()
        shutil.rmtree(home, ignore_errors=True)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
