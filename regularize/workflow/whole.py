"""Files that are there whole or not at all, and the JSON in them."""

import json
from pathlib import Path
from typing import Any

from regularize.project import unfinished

# Nobody reads more than this by eye.
INDENTED_CHARS = 200_000


def write_whole(output: Path, content: bytes) -> int:
    """Write `content` beside `output` and move it there, so that no half file is ever seen."""
    output.parent.mkdir(parents=True, exist_ok=True)
    part = unfinished(output.parent, output.suffix)
    try:
        part.write_bytes(content)
        part.replace(output)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return len(content)


def json_text(value: Any) -> str:
    """`value` as JSON: indented where a person may read it, in one line where it is long.

    Examples
    --------
    >>> print(json_text({"n": 1}))
    {
      "n": 1
    }
    """
    # Only what is not indented is written by compiled code: ten times as fast.
    text = json.dumps(value, ensure_ascii=False, default=str)
    return (
        text if len(text) > INDENTED_CHARS else json.dumps(value, ensure_ascii=False, indent=2, default=str)
    )
