"""Asks a running daemon everything that its own OpenAPI document allows and forbids.

The daemon runs on a home of its own and is filled by the real hook with recorded sessions. Schemathesis then makes up requests
from the document, good ones and bad ones, and compares each answer with it: no 5xx, no status, media type or shape that the
document does not name. The seed is fixed, so a run finds what the one before it found.

usage: run.py PROGRAMS_FOLDER [SECONDS]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from openapi_spec_validator import validate

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "crates/tailhook-core/fixtures"
SESSIONS = ["claude-code/multi-ef5c1bd1", "claude-code/subagent-4c78a11c", "codex/multi-shell-f5e452e3", "gemini-cli/interactive-2c5dd3d8"]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SEED = 20261122


def fill(programs: Path, environment: dict) -> tuple[list[str], int]:
    """Hands recorded sessions to the real hook; their ids and the number of events."""
    ids, events = [], 0
    for name in SESSIONS:
        for line in (FIXTURES / f"{name}.jsonl").read_text().splitlines():
            hook = [programs / "tailhook-hook", name.split("/")[0]]
            subprocess.run(hook, input=line, text=True, env=environment, stdout=subprocess.DEVNULL, check=True)
            events += 1
        ids.append(json.loads(line)["session_id"])
    return ids, events


def get(url: str, token: str) -> dict:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def wait_until_stored(url: str, token: str, events: int) -> None:
    """What was told twice counts as well: it is left out, and counted."""
    end = time.monotonic() + 60
    while True:
        stats = get(f"{url}/api/v1/stats", token)
        if stats["seq"] + stats["duplicates"] >= events:
            return
        if time.monotonic() > end:
            raise TimeoutError(f"{stats['seq']} of {events} events are stored after a minute")
        time.sleep(0.01)


def with_examples(document: dict, ids: list[str]) -> dict:
    """The document with what is in this store as examples: no tool could guess a session's id."""
    examples = {
        ("id", "string"): ids,
        ("seq", "integer"): [1, 30],
        ("since", "integer"): [0],
        ("q", "string"): ["failed", "tool_name:Bash AND NOT failed", "("],
    }
    for operation in (operation for methods in document["paths"].values() for operation in methods.values()):
        for parameter in operation.get("parameters", []):
            values = examples.get((parameter["name"], parameter["schema"]["type"]))
            if values:
                parameter["examples"] = {str(n): {"value": value} for n, value in enumerate(values)}
    return document


def main() -> int:
    programs = Path(sys.argv[1]).resolve()
    seconds = sys.argv[2] if len(sys.argv) > 2 else "75"
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"TAILHOOK_HOME": folder}
        ids, events = fill(programs, environment)
        serve = [programs / "tailhook", "serve", "--port", "0", "--json"]
        daemon = subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            url = json.loads(daemon.stdout.readline())["url"].rstrip("/")
            token = (Path(folder) / "token").read_text().strip()
            wait_until_stored(url, token, events)
            document = get(f"{url}/api/v1/openapi.json", token)
            validate(document)
            prepared = Path(folder) / "openapi.json"
            prepared.write_text(json.dumps(with_examples(document, ids)))
            command = [
                Path(sys.executable).with_name("schemathesis"), "run", prepared, "--url", url,
                "--header", f"Authorization: Bearer {token}",
                "--checks", CHECKS, "--seed", str(SEED), "--max-time", seconds, "--workers", "1",
                "--phases", "examples,coverage,fuzzing", "--max-examples", "40",
                "--continue-on-failure", "--request-timeout", "20", "--warnings", "off",
                # Server-sent events have no end, and a new token would lock this out. Both have tests of their own.
                "--exclude-path", "/api/v1/stream/sse", "--exclude-path", "/api/v1/token/rotate",
            ]
            failed = subprocess.run(command, cwd=folder, env=environment).returncode
            alive = get(f"{url}/healthz", token)["status"] == "ok"
            return 0 if failed == 0 and alive and daemon.poll() is None else 1
        finally:
            daemon.terminate()
            daemon.wait()


if __name__ == "__main__":
    sys.exit(main())
