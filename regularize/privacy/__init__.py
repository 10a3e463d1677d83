"""Personal data: where it stands in text, and which columns hold it.

Errs on the side of hiding what has the form of a national number, and on the side of leaving alone
what has the form of a coordinate, an identifier or a street.
"""

from regularize.privacy.columns import is_personal_column, is_special_category_column
from regularize.privacy.text import MASK, Hit, find_personal, personal_words, redact

__all__ = [
    "MASK",
    "Hit",
    "find_personal",
    "is_personal_column",
    "is_special_category_column",
    "personal_words",
    "redact",
]
