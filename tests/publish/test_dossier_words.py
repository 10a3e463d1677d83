"""Every fixed word of the dossier and the report has a Bulgarian one, with the same placeholders."""

import ast
import re
from pathlib import Path

import pytest

from regularize import i18n, publish

ROOM = Path(publish.__file__).parent
MODULES = ("wording", "sheet", "prospects", "dossier", "report")


def words() -> list[str]:
    found: dict[str, None] = {}
    for name in MODULES:
        for node in ast.walk(ast.parse((ROOM / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"_", "translate"}:
                (message,) = node.args
                assert isinstance(message, ast.Constant)
                found[message.value] = None
    return list(found)


@pytest.mark.parametrize("message", words())
@pytest.mark.usefixtures("bulgarian")
def test_it_is_said_in_bulgarian(message: str) -> None:
    said = i18n.in_language(message, "bg")
    if re.search(r"[A-Za-z]{3}", message.replace("{", " {")) or "No." in message:
        assert said != message
    assert sorted(re.findall(r"\{\w+\}", said)) == sorted(re.findall(r"\{\w+\}", message))
    assert '"' not in said, "Bulgarian quotation marks are „ and “"
