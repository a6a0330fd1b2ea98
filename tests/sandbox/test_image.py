"""The image is the one that its manifest names, and its compiled form is ours or is made anew."""

import hashlib
import os
from pathlib import Path

import msgspec
import pytest
import wasmtime

from host.errors import ImageError
from host.sandbox import image as image_module
from host.sandbox.engine import Engine, configuration_key, open_engine
from host.sandbox.image import ImageBundle, ImageFacts, Manifest, ModuleFacts, cache_folder, load_compiled


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image of one small module, and a cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "image"
    folder.mkdir()
    data = bytes(wasmtime.wat2wasm('(module (memory 1) (func (export "f") (result i32) (i32.const 7)))'))
    (folder / "base.wasm").write_bytes(data)
    facts = ImageFacts("base.wasm", hashlib.sha256(data).hexdigest(), 1024)
    (folder / "manifest.json").write_bytes(msgspec.json.encode(Manifest("hash", 1, {"base": facts}, {})))
    return folder


def bundle_of(folder: Path) -> ImageBundle:
    return image_module._read_bundle(folder)


def compiled_file() -> Path:
    return next((cache_folder() / "compiled").rglob("*.cwasm"))


def test_a_module_is_compiled_once(folder: Path, engine: Engine) -> None:
    """The second time it comes from the cache, which is for the user alone."""
    load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "key")
    made = compiled_file().stat().st_mtime_ns
    load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "key")
    assert compiled_file().stat().st_mtime_ns == made
    assert compiled_file().stat().st_mode & 0o777 == 0o600
    assert cache_folder().stat().st_mode & 0o077 == 0
    assert [path.name for path in compiled_file().parent.iterdir()] == ["base.cwasm"]


def test_another_configuration_is_another_module(folder: Path, engine: Engine) -> None:
    """What is compiled depends on what is switched on."""
    load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "one")
    load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "two")
    assert len(list((cache_folder() / "compiled").rglob("*.cwasm"))) == 2


def test_the_key_names_wasmtime_and_every_switch() -> None:
    """16 hexadecimal digits that are the same for the same configuration."""
    assert configuration_key() == configuration_key()
    assert len(configuration_key()) == 16


def test_a_module_that_wasmtime_refuses_is_compiled_anew(folder: Path, engine: Engine) -> None:
    """Of another version, or damaged at its beginning."""
    load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "key")
    cached = compiled_file()
    whole = cached.read_bytes()
    cached.write_bytes(b"not a compiled module")
    load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "key")
    assert cached.read_bytes() == whole


@pytest.mark.parametrize("mode", [0o622, 0o606, 0o666])
def test_a_compiled_module_that_others_can_write_is_not_loaded(folder: Path, engine: Engine, mode: int) -> None:
    """It is native code: it is compiled anew, and what was there is replaced."""
    load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "key")
    cached = compiled_file()
    cached.chmod(mode)
    before = cached.stat().st_ino
    load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "key")
    assert cached.stat().st_ino != before
    assert cached.stat().st_mode & 0o777 == 0o600


def test_a_compiled_module_in_a_folder_that_others_can_write_is_not_loaded(folder: Path, engine: Engine) -> None:
    """Its file could have been exchanged."""
    load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "key")
    cached = compiled_file()
    cached.parent.chmod(0o777)
    before = cached.stat().st_ino
    load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "key")
    assert cached.stat().st_ino != before


def test_an_image_that_is_not_the_manifests_is_refused(folder: Path, engine: Engine) -> None:
    """One byte more is enough."""
    (folder / "base.wasm").write_bytes((folder / "base.wasm").read_bytes() + b"\0")
    with pytest.raises(ImageError, match="the image 'base' is not the one that its manifest names"):
        load_compiled(bundle_of(folder), "base", engine.wasmtime_engine, "key")


@pytest.mark.parametrize("text", [b"", b"{", b"{}", b'{"inputs_hash":1}', b"[]"])
def test_a_damaged_manifest_is_told(folder: Path, text: bytes) -> None:
    """With what to do about it."""
    (folder / "manifest.json").write_bytes(text)
    with pytest.raises(ImageError, match="is damaged") as raised:
        bundle_of(folder)
    assert raised.value.hint == "Delete the folder and start again."


def test_a_second_image_is_refused_in_one_process(folder: Path, engine: Engine) -> None:
    """One engine a process, and it has one image."""
    with pytest.raises(ImageError, match="this process already runs another image"):
        open_engine(bundle_of(folder))


def test_the_cache_folder_follows_the_standard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG_CACHE_HOME where it is set, else ~/.cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a"))
    assert cache_folder() == tmp_path / "a" / "cellblock"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "b"))
    assert cache_folder() == tmp_path / "b" / ".cache" / "cellblock"
    assert os.access(cache_folder(), os.W_OK)


def test_a_module_that_the_image_does_not_have_is_not_a_path(bundle: ImageBundle) -> None:
    """Names are looked up in the manifest, and never become part of a path."""
    for name in ("../manifest", "/etc/passwd", "base", ""):
        with pytest.raises(KeyError):
            bundle.module_bytecode(name)


def test_bytecode_is_checked_once_and_kept(tmp_path: Path) -> None:
    """What the manifest names is read from the disk a first time and never again; anything else is refused."""
    (tmp_path / "good").write_bytes(b"code")
    (tmp_path / "bad").write_bytes(b"other")
    digest = hashlib.sha256(b"code").hexdigest()
    modules = {name: ModuleFacts(name, digest) for name in ("good", "bad")}
    bundle = ImageBundle(tmp_path, Manifest("", 1, {}, modules))
    assert bundle.module_bytecode("good") == b"code"
    (tmp_path / "good").unlink()
    assert bundle.module_bytecode("good") == b"code"
    with pytest.raises(ImageError, match="not the one that its manifest names"):
        bundle.module_bytecode("bad")
    with pytest.raises(KeyError):
        bundle.module_bytecode("none")
