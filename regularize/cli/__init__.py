"""The command line: ``regularize``. Thin: parse, call workflow, print."""

from regularize.cli.run import main

__all__ = ["main"]
