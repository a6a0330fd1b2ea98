"""Puts the guest image into the wheel: the build backend of pyproject.toml, and the hook that hatchling calls.

A wheel is made with the image in `host/sandbox/image`, so that its user needs no compiler, and with the policies that a
server starts with. A checkout (an editable install) builds its image on first use instead, and its installation needs
no compiler either: that is why this file, and not hatchling, says what the building of a wheel requires.
"""

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling import build as hatchling
from hatchling.build import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
)
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]

_PROJECT = Path(__file__).resolve().parents[2]


def get_requires_for_build_wheel(config_settings: dict[str, Any] | None = None) -> list[str]:
    """hatchling's own, the project's build group, and the wasmtime that the project runs on."""
    project = tomllib.loads((_PROJECT / "pyproject.toml").read_text())
    wasmtime = [name for name in project["project"]["dependencies"] if name.startswith("wasmtime")]
    return [*hatchling.get_requires_for_build_wheel(config_settings), *project["dependency-groups"]["build"], *wasmtime]


class ImageHook(BuildHookInterface):
    """Adds to a wheel what does not lie in `host`; an editable install has the checkout instead."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        from build import build

        self._folder = TemporaryDirectory(prefix="cellblock-wheel-")
        image = Path(self._folder.name) / "image"
        build(image)
        build_data["force_include"][str(image)] = "host/sandbox/image"
        build_data["force_include"][str(_PROJECT / "policies")] = "host/policies"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._folder.cleanup()
