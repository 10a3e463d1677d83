"""Ask the database of known vulnerabilities about every pin of requirements.lock.

Without an answer nothing is claimed: the line says what was not audited, and the exit code is 0 so
that a machine without a network can still run it. A known vulnerability exits with 1.

Usage: python scripts/audit.py [--service pypi|osv]
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
PATIENCE_S = 300


def verdict(report: Mapping[str, Any] | None) -> tuple[int, list[str]]:
    """The exit code, and what to say of pip-audit's report; None where there was none."""
    dependencies = list(report["dependencies"]) if report else []
    skipped = [d["name"] for d in dependencies if "skip_reason" in d]
    asked = [d for d in dependencies if "skip_reason" not in d]
    if not asked:
        return 0, ["NOT AUDITED: the vulnerability service gave no answer; run again with a network"]
    lines = [
        f"{d['name']} {d['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'no version yet'}"
        for d in asked
        for v in d["vulns"]
    ]
    found = len(lines)
    lines.append(f"audited {len(asked)} of {len(dependencies)} packages: {found} known vulnerabilities")
    if skipped:
        lines.append(f"NOT AUDITED: {', '.join(sorted(skipped))}")
    return (1 if found else 0), lines


def audit(service: str) -> Mapping[str, Any] | None:
    """pip-audit's report on the lock; None if it could not be made."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--no-deps", "--disable-pip"]
    command += ["--format", "json", "--vulnerability-service", service, "--progress-spinner", "off"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        return dict(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, ValueError, TypeError):
        return None


def main(arguments: list[str]) -> int:
    """Audit and say so."""
    if not LOCK.is_file():
        print("requirements.lock is missing: make lock", file=sys.stderr)
        return 1
    service = arguments[1] if arguments[:1] == ["--service"] and len(arguments) > 1 else "pypi"
    code, lines = verdict(audit(service))
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
