"""The exchange format of the Bulgarian cadastre (``.cad``), versions 2.00 and 4.00 to 4.03.

Written from its grammar. A file holds persons beside the land: the table of persons is passed over
line by line, and of the rights only their number is kept. Of a plan it gives regulated plots and
quarters, no street lines and no parts of plans (see ``layers``).
"""

from regularize.intake.cad.reader import CadFile

__all__ = ["CadFile"]
