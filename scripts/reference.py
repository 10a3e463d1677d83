"""Write docs/cli.md, docs/codes.md and docs/parameters.md from the program itself.

A test runs this and compares, so that the reference cannot lie.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from regularize import countries, i18n

DOCS = Path(__file__).parents[1] / "docs"
HEAD = "<!-- written by scripts/reference.py: do not edit -->\n"


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command of the tree with its full name."""
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, f"{path} {name}")


def command_line() -> str:
    """The page of all commands: what `--help` says, in English."""
    from regularize.cli.app import app

    i18n.use("en")
    parts = [HEAD, "# The command line\n"]
    parts.append(
        "Data goes to stdout, everything else to stderr. `--json` prints stable English keys. Exit codes: "
        "0 done; 1 done, but rows were refused or quarantined, or a check failed; 2 wrong option; 3 missing "
        "or unreadable input; 4 store locked, damaged or of a newer schema; 5 an optional part is not "
        "installed; 70 an unexpected failure; 130 interrupted.\n"
    )
    for name, command in commands(app, "regularize"):
        context = click.Context(command, info_name=name, terminal_width=100, max_content_width=100)
        parts.append(f"## `{name}`\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def codes() -> str:
    """The page of all issue, reason, class and rule codes."""
    pack = countries.load("bg")
    parts = [HEAD, "# Codes\n", "The same text is printed by `regularize explain CODE`.\n"]
    for code, rule in sorted(pack.rules.items(), key=lambda item: (item[1].kind, item[0])):
        severity = f", {rule.severity}" if rule.severity else ""
        titles = f"**{rule.title['en']}** / **{rule.title['bg']}**"
        parts.append(f"## `{code}`\n\n*{rule.kind}{severity}* — {titles}\n")
        parts.append(f"{rule.text['en']}\n\n{rule.text['bg']}\n")
        if rule.trap:
            parts.append(f"Known false positives: {rule.trap['en']}\n")
        if rule.example:
            parts.append(f"Example: {rule.example['en']}\n")
        if rule.citation:
            parts.append(f"Source: {rule.citation}\n")
        if rule.parameters:
            parts.append("Parameters: " + ", ".join(f"`{name}`" for name in rule.parameters) + "\n")
    return "\n".join(parts)


def parameters() -> str:
    """The page of all legal parameters and all detection thresholds."""
    pack = countries.load("bg")
    parts = [HEAD, "# Parameters\n", "## Legal values of the Bulgarian pack\n"]
    parts.append(
        "A value without verification is `unverified`, and so is every answer that rests on it. Nothing here "
        "is legal advice.\n"
    )
    for name, parameter in sorted(pack.parameters.items()):
        parts.append(f"### `{name}`\n")
        parts.append(
            "| value | unit | conditions | source | valid from | status |\n|---|---|---|---|---|---|"
        )
        for row in parameter.rows:
            conditions = "; ".join(f"{key} = {value}" for key, value in row.conditions.items()) or "-"
            value = "-" if row.value is None else row.value
            since = f"{row.valid_from or '-'}" + (f" ({row.dates_status})" if row.dates_status else "")
            cells = (value, row.unit, conditions, row.citation, since, row.status)
            parts.append("| " + " | ".join(map(str, cells)) + " |")
        parts.append("")
    parts.append("## Detection thresholds\n\n| name | value | unit | basis |\n|---|---|---|---|")
    for name, record in sorted(pack.threshold_records.items()):
        parts.append(f"| `{name}` | {record['value']} | {record['unit']} | {record['basis']} |")
    return "\n".join(parts) + "\n"


PAGES = {"cli.md": command_line, "codes.md": codes, "parameters.md": parameters}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
