"""Policies: what code may do, and who may use which of them.

Pure: text in, values out. It imports nothing from the rest of the host, asks no clock and no network, and reads
files in `folder.py` alone. `load_folder` is the way in; `PolicySet` is what everybody else holds.
"""

from host.policy.ceilings import narrow, narrow_rate, over_ceilings
from host.policy.diagnose import CODES, Diagnostic, render
from host.policy.folder import load_folder, read_folder
from host.policy.model import (
    WIDEST,
    Access,
    Clock,
    Grants,
    Language,
    Limits,
    Modules,
    Origin,
    Policy,
    PolicySet,
    Principal,
    Quota,
    Rate,
    bounds,
    token_sha256,
)
from host.policy.resolve import PolicyFolderError, resolve_files
from host.policy.vocabulary import FORBIDDEN, MODULES

__all__ = [
    "CODES",
    "FORBIDDEN",
    "MODULES",
    "WIDEST",
    "Access",
    "Clock",
    "Diagnostic",
    "Grants",
    "Language",
    "Limits",
    "Modules",
    "Origin",
    "Policy",
    "PolicyFolderError",
    "PolicySet",
    "Principal",
    "Quota",
    "Rate",
    "bounds",
    "load_folder",
    "narrow",
    "narrow_rate",
    "over_ceilings",
    "read_folder",
    "render",
    "resolve_files",
    "token_sha256",
]
