"""The page on security cannot lie: each promise names a test that exists, and no test is named twice."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
ROW = re.compile(
    r"^\| (?P<promise>[^|]+) \| `(?P<file>tests/[\w/]+\.py)::(?P<test>\w+)` \| (?P<figure>[^|]+) \|$"
)


def rows() -> list[re.Match[str]]:
    found = [ROW.match(line) for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return [row for row in found if row]


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["test"])
def test_every_promise_has_its_test(row: re.Match[str]) -> None:
    path = ROOT / row["file"]
    assert path.is_file(), f"{row['file']}: no such file"
    assert row["test"] in names_in(path), f"{row['file']} has no test {row['test']}"
    assert row["figure"].strip(" -")


def test_the_table_is_read() -> None:
    assert len(rows()) >= 25
    text = PAGE.read_text(encoding="utf-8")
    assert len(rows()) == text.count("| `tests/"), "a row of the table is not written like the others"
    tests = [row["test"] for row in rows()]
    assert len(set(tests)) == len(tests)


def test_a_wrong_name_would_be_noticed() -> None:
    assert "test_that_nobody_wrote" not in names_in(Path(__file__))
    assert "test_a_wrong_name_would_be_noticed" in names_in(Path(__file__))


def test_commands_that_the_pages_name_exist() -> None:
    from regularize.cli.app import app

    for page in (PAGE, ROOT / "docs" / "dpia.md", ROOT / "SECURITY.md"):
        for words in re.findall(r"`regularize ([a-z]+(?: [a-z]+)?)", page.read_text(encoding="utf-8")):
            first, *rest = words.split()
            assert first in app.commands, f"{page.name}: regularize {words}"
            if rest and hasattr(app.commands[first], "commands"):
                assert rest[0] in app.commands[first].commands, f"{page.name}: regularize {words}"
