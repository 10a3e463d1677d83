"""Files that are there whole or not at all."""

from pathlib import Path

from regularize.project import unfinished


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
