"""Runs commands in one process and writes down what Python's audit hook saw: python attacked.py PLAN.json"""

import hashlib
import json
import os
import sys
from pathlib import Path

PLAN = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
LOG: list[list[str]] = []
NETWORK = ("socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request", "http.client.connect")
RUNS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile", "ctypes.dlopen")
NOW = {"name": ""}
REFUSED = 2  # exit codes from here on: nothing was done (1: done, with something set aside)


def hook(event: str, arguments: tuple[object, ...]) -> None:
    if event in NETWORK or event in RUNS:
        LOG.append([NOW["name"], event, repr(arguments)[:300]])
    elif event == "open" and isinstance(arguments[0], (str, bytes)):
        path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100 - links must not be followed, nor the hook recurse
        mode = str(arguments[1] or "")
        flags = arguments[2] if isinstance(arguments[2], int) else 0
        writes = set(mode) & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if PLAN["canary"] in path:
            LOG.append([NOW["name"], "canary", path])
        elif writes and not path.startswith(tuple(PLAN["may_write"])):
            LOG.append([NOW["name"], "write", path])


def state(folders: list[str]) -> dict[str, str]:
    """Every file of `folders` and the digest of its bytes."""
    files = sorted(path for folder in folders for path in Path(folder).rglob("*"))
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in files
    }


def filled(word: str) -> str:
    """`word`, or the first file of a pattern that only the commands before it can fulfil."""
    start, _colon, pattern = word.partition("glob:")
    return word if start or not pattern else str(min(Path("/").glob(pattern.lstrip("/"))))


def main() -> None:
    from regularize.cli import main as regularize

    sys.addaudithook(hook)
    codes, changed = [], []
    kept = state(PLAN["kept"])
    for number, words in enumerate(PLAN["commands"]):
        NOW["name"] = f"{number}: {' '.join(words)[:120]}"
        codes.append(regularize([filled(word) for word in words]))
        now = state(PLAN["kept"])
        if codes[-1] >= REFUSED and now != kept:
            names = sorted(name for name in now.keys() | kept.keys() if now.get(name) != kept.get(name))
            changed.append([NOW["name"], codes[-1], names])
        kept = now
    said = {"codes": codes, "seen": LOG, "changed": changed}
    Path(PLAN["result"]).write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main()
