"""``python -m regularize``."""

import sys

from regularize.cli import main

if __name__ == "__main__":
    sys.exit(main())
