"""Run manifests, and doing again what one describes: the same findings, the same bytes, or what differs."""

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from regularize.errors import InputError
from regularize.i18n import LANGUAGES
from regularize.i18n import translate as _
from regularize.project import now, scratch
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.whole import write_whole

FOLDER = "runs"
FORMAT = 1
PACKAGES = ("regularize", "shapely", "pyproj", "numpy", "pandas", "geopandas", "folium", "typst")
# What a manifest may ask for, by kind of run: no paths, so that a forged one can write and read nothing.
_TEXT, _TEXT_OR_NONE, _DAY = (str,), (str, type(None)), (str,)
PARAMETERS: dict[str, dict[str, tuple[type, ...]]] = {
    "detect": {"on": _DAY, "area": _TEXT_OR_NONE, "infer": (bool, type(None))},
    "map": {
        "on": _DAY,
        "audience": _TEXT,
        "area": _TEXT_OR_NONE,
        "recipient": _TEXT_OR_NONE,
        "lang": _TEXT,
    },
    "dossier": {
        "on": _DAY,
        "lang": _TEXT,
        "fmt": _TEXT,
        "audience": _TEXT,
        "sheet_language": _TEXT_OR_NONE,
        "homes": (list,),
    },
}
# Values that are one of a few.
CHOICES: dict[str, tuple[str, ...]] = {"lang": LANGUAGES, "fmt": ("pdf", "docx", "both")}
AUDIENCES = {
    "detect": ("office",),
    "map": ("office", "council", "public"),
    "dossier": ("office", "resident"),
}
LARGEST_BYTES = 64 << 20


def moment(here: Opened) -> dict[str, Any]:
    """The state of the store on which a run rests: the end of its log and its live deliveries."""
    with store_of(here, read_only=True) as store:
        head = store.head()
        inputs = [
            {"batch": b.id, "sha256": b.source.sha256, "rows": b.row_digest, "kind": b.source.kind}
            for b in store.batches()
            if b.withdrawn_reason is None
        ]
    return {"seq": head.seq, "hash": head.hash, "inputs": inputs}


def write(
    here: Opened,
    kind: str,
    before: Mapping[str, Any],
    parameters: Mapping[str, Any],
    outputs: Mapping[str, str],
) -> Path | None:
    """Write the manifest of a run into the project's folder ``runs``; none for a replay.

    Parameters
    ----------
    before : mapping
        The `moment` before the run.
    outputs : mapping
        Name of a finding or file to its SHA-256.
    """
    if here.as_known is not None or here.as_known_seq is not None:
        return None
    record = {
        "manifest": FORMAT,
        "kind": kind,
        "recorded_at": int(now().timestamp()),
        "store": dict(before),
        "parameters": dict(parameters),
        "thresholds": hashed(json.dumps(dict(here.pack.thresholds), sort_keys=True).encode()),
        "versions": versions(),
        "outputs": dict(sorted(outputs.items())),
    }
    content = json.dumps(record, ensure_ascii=False, indent=1, default=str).encode("utf-8")
    folder = here.project.root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{kind}-{before['seq']}-{hashed(content)[:8]}.json"
    write_whole(file, content + b"\n")
    return file


def versions() -> dict[str, str]:
    """What the result may depend on, by name."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "-"
    return found


def hashed(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def of_files(files: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 of files by name."""
    return {name: hashed(path.read_bytes()) for name, path in files.items()}


def replay(here: Opened, manifest: Path) -> dict[str, Any]:
    """Do the run of `manifest` again on the store as it was known then, in memory and a fresh folder.

    Returns
    -------
    dict
        Stable English keys: ``kind``, ``same``, ``outputs`` (how many), ``differ``, ``missing``,
        ``new`` (names), ``causes``: versions and thresholds that are not those of the run.

    Raises
    ------
    InputError
        If the manifest cannot be read, or the store is not the one that it speaks of.
    """
    record = _read(manifest)
    seq, told = int(record["store"]["seq"]), str(record["store"]["hash"])
    with store_of(here, read_only=True) as store:
        log = store.events()
    if not 0 < seq <= len(log) or log[seq - 1].hash != told:
        raise InputError(
            _("{file} speaks of another store, or of a log that was changed").format(file=manifest.name),
            hint="regularize store verify",
        )
    then = replace(here, as_known=None, as_known_seq=seq)
    with _clock(int(record["recorded_at"])), scratch() as folder:
        outputs = _again(then, record, folder)
    wanted: dict[str, str] = record["outputs"]
    causes = [
        f"{name}: {old} -> {versions().get(name, '-')}"
        for name, old in record["versions"].items()
        if versions().get(name, "-") != old
    ]
    if record["thresholds"] != hashed(json.dumps(dict(here.pack.thresholds), sort_keys=True).encode()):
        causes.append("thresholds")
    return {
        "kind": record["kind"],
        "same": outputs == wanted,
        "outputs": len(wanted),
        "differ": sorted(n for n in wanted.keys() & outputs.keys() if wanted[n] != outputs[n]),
        "missing": sorted(wanted.keys() - outputs.keys()),
        "new": sorted(outputs.keys() - wanted.keys()),
        "causes": causes,
    }


def _again(then: Opened, record: Mapping[str, Any], folder: Path) -> dict[str, str]:
    from regularize.workflow import detect, dossiers, maps

    given = dict(record["parameters"])
    given["on"] = date.fromisoformat(given["on"])
    if record["kind"] == "detect":
        return dict(detect.detect(then, **given).digests)
    if record["kind"] == "map":
        page = folder / "map.html"
        maps.build(then, page, **given)
        return of_files({"map.html": page})
    ids = given.pop("homes")
    printed = dossiers.build(
        then, ids, everything=False, area=None, limit=None, folder=folder, overwrite=False, **given
    )
    return of_files({path.name: path for path in printed.files})


def _read(manifest: Path) -> dict[str, Any]:
    try:
        if manifest.stat().st_size > LARGEST_BYTES:
            raise ValueError("too large")
        record = json.loads(manifest.read_text(encoding="utf-8"))
        known = record["manifest"] == FORMAT and _may_ask(record["kind"], record["parameters"])
        int(record["store"]["seq"]), str(record["store"]["hash"])
        datetime.fromtimestamp(int(record["recorded_at"]), UTC)
        date.fromisoformat(record["parameters"]["on"])
        known = known and all(isinstance(record[key], dict) for key in ("outputs", "versions"))
        record["thresholds"]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise _no_manifest(manifest) from error
    if not known:
        raise _no_manifest(manifest)
    return dict(record)


def _may_ask(kind: Any, parameters: Any) -> bool:
    """Whether `parameters` are those that a run of this kind writes down, and no others."""
    wanted = PARAMETERS[kind]
    return (
        isinstance(parameters, dict)
        and parameters.keys() == wanted.keys()
        and all(type(parameters[name]) in types for name, types in wanted.items())
        and all(parameters[name] in CHOICES[name] for name in parameters.keys() & CHOICES.keys())
        and parameters.get("audience", "office") in AUDIENCES[kind]
        and all(isinstance(home, str) for home in parameters.get("homes", ()))
    )


def _no_manifest(manifest: Path) -> InputError:
    return InputError(
        _("{file} is no manifest of a run").format(file=manifest.name),
        hint=_("they lie in the project's folder runs"),
    )


@contextmanager
def _clock(moment_s: int) -> Iterator[None]:
    """Let the program believe that it is the moment of the run."""
    kept = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(moment_s)
    try:
        yield
    finally:
        if kept is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = kept
