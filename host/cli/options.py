"""What several commands share: the options made from the table of settings, and loading a policy folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from host.errors import SetupError
from host.policy.diagnose import render
from host.policy.resolve import PolicyFolderError
from host.settings import SETTINGS, Setting

Loaded_ = TypeVar("Loaded_")

config_option = click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A TOML file of settings."
)


class _SettingType(click.ParamType):
    """A setting's value on the command line. Only checked here: it is read where all sources are."""

    def __init__(self, setting: Setting) -> None:
        self.name = setting.kind.name
        self._setting = setting

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        try:
            self._setting.kind.read(value)
        except ValueError:
            self.fail(f"{value!a} is not {self._setting.kind.accepted}", parameter, context)
        return value


def setting_options(command: Callable) -> Callable:
    """Gives a command one option for each setting, by its key; None where it is not given."""
    for setting in reversed(SETTINGS):
        metavar = f"<{setting.unit or setting.kind.name}>"
        option = click.option(
            setting.option, setting.key, type=_SettingType(setting), metavar=metavar, help=setting.meaning
        )
        command = option(command)
    return command


def load_policies(folder: Path, load: Callable[[], Loaded_]) -> Loaded_:
    """What `load` gives of a folder. Raises SetupError with every mistake in it."""
    try:
        return load()
    except PolicyFolderError as error:
        found = "\n".join(render(each, error.sources.get(each.file)) for each in error.diagnostics)
        raise SetupError(f"the policies in {folder} cannot be used:\n{found}") from error
