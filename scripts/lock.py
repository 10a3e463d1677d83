"""Write ``requirements.lock``: what ``regularize[all]`` needs, pinned as in constraints.txt, with hashes.

The hashes are those that pip itself reports for the files it would install, asked once for every
supported system and Python. A requirement that only some systems have carries its marker. No
address of a file or an index is written.

Usage: python scripts/lock.py [--this-platform]
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
PROJECT = "regularize"
PYTHONS = ("3.11", "3.12", "3.13")
# pip's names of a system, and what markers see there.
SYSTEMS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "Linux x86_64": (
        (*(f"manylinux_2_{n}_x86_64" for n in range(39, 16, -1)), "manylinux2014_x86_64"),
        {
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "platform_machine": "x86_64",
        },
    ),
    "Windows amd64": (
        ("win_amd64",),
        {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
    ),
    "macOS arm64": (
        tuple(f"macosx_{n}_0_arm64" for n in range(15, 10, -1)),
        {
            "sys_platform": "darwin",
            "platform_system": "Darwin",
            "os_name": "posix",
            "platform_machine": "arm64",
        },
    ),
}
Environment = Mapping[str, str]


def normal(name: str) -> str:
    """The name of a package as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: Path = ROOT / "constraints.txt") -> dict[str, str]:
    """Normal name -> version of every line of constraints.txt."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {normal(line.partition("==")[0]): line.partition("==")[2] for line in lines if line}


def environment(system: str, python: str) -> dict[str, str]:
    """What markers see on `system` under `python`."""
    seen = {str(key): str(value) for key, value in default_environment().items()}
    return seen | SYSTEMS[system][1] | {"python_version": python, "python_full_version": f"{python}.0"}


def _direct(extras: Iterable[str]) -> Iterator[Requirement]:
    """The project's own requirements, from pyproject.toml rather than from what is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = list(project["dependencies"])
    for extra in extras:
        texts += project["optional-dependencies"].get(extra, [])
    yield from map(Requirement, texts)


def closure(seen: Environment, extras: Iterable[str] = ("all",)) -> set[str]:
    """Normal names of all that `PROJECT` with `extras` needs where markers see `seen`."""
    found: set[str] = set()
    done: set[tuple[str, str]] = set()
    waiting = [(need, "") for need in _direct(extras)]
    while waiting:
        need, of_extra = waiting.pop()
        if need.marker is not None and not need.marker.evaluate({**seen, "extra": of_extra}):
            continue
        name = normal(need.name)
        if name == PROJECT:
            waiting += [(more, "") for more in _direct(need.extras)]
            continue
        found.add(name)
        for extra in ("", *need.extras):
            if (name, extra) in done:
                continue
            done.add((name, extra))
            try:
                waiting += [(Requirement(text), extra) for text in requires(name) or ()]
            except PackageNotFoundError:
                # Only for a system that this one is not; what is needed there has no needs itself.
                continue
    return found


def hashes(names: Iterable[str], versions: Mapping[str, str], options: list[str]) -> dict[str, str]:
    """Name -> sha256 of the file that pip would install; what pip does not find is left out."""
    wanted = sorted(names)
    with tempfile.TemporaryDirectory() as folder:
        report, file = Path(folder, "report.json"), Path(folder, "wanted.txt")
        while wanted:
            file.write_text("".join(f"{name}=={versions[name]}\n" for name in wanted), encoding="utf-8")
            command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps"]
            command += ["--quiet", "--report", str(report), "-r", str(file), *options]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                break
            missing = re.search(r"No matching distribution found for ([\w.\-]+)==", done.stderr)
            if missing is None:
                raise SystemExit(done.stderr)
            wanted.remove(normal(missing[1]))
        else:
            return {}
        installed = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        normal(item["metadata"]["name"]): item["download_info"]["archive_info"]["hashes"]["sha256"]
        for item in installed
    }


def marker(where: set[str]) -> str:
    """The marker of a package that only the systems `where` need; empty if all do."""
    if where == set(SYSTEMS):
        return ""
    names = sorted(SYSTEMS[system][1]["sys_platform"] for system in where)
    return " ; " + " or ".join(f'sys_platform == "{name}"' for name in names)


def main(*, this_platform: bool) -> None:
    """Ask pip and write the lock."""
    versions = pins()
    found: dict[str, set[str]] = {}
    where: dict[str, set[str]] = {}
    lacking: dict[str, list[str]] = {}
    for system, (tags, _seen) in SYSTEMS.items():
        for python in PYTHONS:
            names = closure(environment(system, python))
            for name in names:
                where.setdefault(name, set()).add(system)
            if this_platform:
                continue
            options = ["--only-binary=:all:", "--python-version", python, "--implementation", "cp"]
            options += ["--target", str(ROOT / "build" / "lock")]
            for tag in (*tags, "any"):
                options += ["--platform", tag]
            known = hashes(names, versions, options)
            for name, digest in known.items():
                found.setdefault(name, set()).add(digest)
            for name in names - set(known):
                lacking.setdefault(name, []).append(f"{system} {python}")
            print(f"{system} {python}: {len(known)} of {len(names)}", file=sys.stderr)
    # What this machine would take, and what exists as source only.
    here = hashes({n for n in where if n in closure(default_environment())}, versions, [])  # type: ignore[arg-type]  # a TypedDict of strings
    for name, digest in here.items():
        found.setdefault(name, set()).add(digest)
    unknown = sorted(set(where) - set(found))
    if unknown:
        raise SystemExit(f"no file found for: {', '.join(unknown)}")
    source_only = {name for name, places in lacking.items() if len(places) == len(SYSTEMS) * len(PYTHONS)}
    systems = "this system only" if this_platform else ", ".join(SYSTEMS)
    lines = [
        "# Made by `make lock`: regularize[all], versions as in constraints.txt, hashes as pip reports them.",
        "# pip install --require-hashes -r requirements.lock && pip install --no-deps .",
        f"# Files for: {systems}; Python {', '.join(PYTHONS)}.",
    ]
    if source_only and not this_platform:
        lines.append(f"# As source only: {', '.join(sorted(source_only))}.")
    lines += [
        f"# Without a ready file, {name}: {', '.join(places)}."
        for name, places in sorted(lacking.items())
        if name not in source_only
    ]
    for name in sorted(found):
        digests = [f"--hash=sha256:{digest}" for digest in sorted(found[name])]
        lines.append(" \\\n    ".join([f"{name}=={versions[name]}{marker(where[name])}", *digests]))
    LOCK.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    print(f"{LOCK.name}: {len(found)} packages, {sum(map(len, found.values()))} files", file=sys.stderr)


if __name__ == "__main__":
    main(this_platform="--this-platform" in sys.argv[1:])
