"""`cellblock image`: the guest image."""

import time
from typing import TYPE_CHECKING, Any

import click
import msgspec

from host.errors import ImageError

if TYPE_CHECKING:
    from host.sandbox.image import ImageBundle


@click.group("image")
def command() -> None:
    """The guest image: QuickJS with its libraries, compiled to WebAssembly and started once."""


@command.command("build")
def build() -> None:
    """Builds the image where its inputs have changed, and compiles it for this machine."""
    from host.sandbox.engine import open_engine
    from host.sandbox.image import find_image

    began = time.monotonic()
    bundle = find_image()
    engine = open_engine(bundle, instances_max=1, warm_slots=0)
    click.echo(f"{bundle.folder}: {', '.join(engine.images)}, ready after {time.monotonic() - began:.1f} s")


@command.command("info")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as it is.")
def info(as_json: bool) -> None:
    """Shows what is in the image: versions, hashes, sizes. Builds nothing."""
    from host.sandbox.image import built_folder, find_image

    folder = built_folder()
    if folder is not None and not (folder / "manifest.json").exists():
        raise ImageError("there is no guest image yet", "`cellblock image build` builds it.")
    bundle = find_image()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(bundle.raw_manifest()), indent=2))
    else:
        _print_manifest(bundle)


def _print_manifest(bundle: "ImageBundle") -> None:
    from rich.console import Console
    from rich.table import Table

    manifest = bundle.raw_manifest()
    made_from = manifest.get("made_from", {})
    npm = made_from.pop("npm", {})
    rows = {
        "folder": bundle.folder,
        "inputs": manifest["inputs_hash"],
        "ABI": manifest["abi_version"],
        "made from": _versions(made_from),
        "packages": _versions({name: npm[name] for name in _packages(manifest) if name in npm}),
        "imports": ", ".join(sorted({each for facts in manifest["images"].values() for each in facts["imports"]})),
        "modules": f"{len(manifest['modules'])} that `require` can give",
    }
    console = Console(soft_wrap=True, highlight=False)
    for name, value in rows.items():
        console.print(f"{name:10} {value}", markup=False)
    table = Table("image", "packages", "file KB", "memory KB", "density", "sha256", box=None, pad_edge=False)
    for name, facts in manifest["images"].items():
        sizes = [f"{facts[field] // 1024:,}" for field in ("size_bytes", "memory_bytes")]
        table.add_row(name, ", ".join(facts["packages"]), *sizes, f"{facts['density']:.2f}", facts["sha256"][:12])
    console.print()
    console.print(table, soft_wrap=False)


def _packages(manifest: dict[str, Any]) -> list[str]:
    return sorted({package for facts in manifest["images"].values() for package in facts["packages"]})


def _versions(made_from: dict[str, Any]) -> str:
    return ", ".join(f"{name} {facts['version']}" for name, facts in made_from.items())
