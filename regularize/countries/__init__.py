"""Country packs: everything that differs from country to country, as data.

A pack is a folder of TOML files. ``generic`` holds what is common to all and knows no law; the others
inherit from it and their own entries win.
"""

from regularize.countries.pack import Pack, Sigma, available, load
from regularize.countries.parameters import NotAssessedValue, Parameter, Row, Value
from regularize.countries.profiles import Profile, read_profile
from regularize.countries.rules import Rule

__all__ = [
    "NotAssessedValue",
    "Pack",
    "Parameter",
    "Profile",
    "Row",
    "Rule",
    "Sigma",
    "Value",
    "available",
    "load",
    "read_profile",
]
