"""Policies: what code may do, and who may use which of them.

Pure: text in, values out. It imports nothing from the rest of the host, asks no clock and no network, and reads
files in `folder.py` alone. `load_folder` is the way in; `PolicySet` is what everybody else holds. `decide/`
answers what a policy allows.
"""

from host.policy.ceilings import narrow, narrow_rate, over_ceilings
from host.policy.diagnose import CODES, Diagnostic, render
from host.policy.folder import load_folder, read_folder
from host.policy.grants.model import Denials, Grants
from host.policy.lint import lint_dates
from host.policy.mode import Mode
from host.policy.model import (
    WIDEST,
    Access,
    Clock,
    Language,
    Limits,
    Modules,
    Origin,
    Place,
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
    "Denials",
    "Diagnostic",
    "Grants",
    "Language",
    "Limits",
    "Mode",
    "Modules",
    "Origin",
    "Place",
    "Policy",
    "PolicyFolderError",
    "PolicySet",
    "Principal",
    "Quota",
    "Rate",
    "bounds",
    "lint_dates",
    "load_folder",
    "narrow",
    "narrow_rate",
    "over_ceilings",
    "read_folder",
    "render",
    "resolve_files",
    "token_sha256",
]
