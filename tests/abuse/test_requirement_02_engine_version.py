"""Requirement 2: QuickJS-ng is new enough, and its libc, std and os modules are not in the guest."""

from host.sandbox.image import ImageBundle


def test_quickjs_ng_is_at_least_0_16_2(bundle: ImageBundle) -> None:
    """Older ones have memory bugs on 32-bit targets, and wasm32 is one."""
    version = bundle.raw_manifest()["made_from"]["quickjs-ng"]["version"]
    assert tuple(int(part) for part in version.split(".")[:3]) >= (0, 16, 2)


def test_nothing_of_quickjs_libc_is_linked(bundle: ImageBundle) -> None:
    """Its modules name their functions as text, which would be in the data of an image."""
    for facts in bundle.manifest.images.values():
        data = (bundle.folder / facts.file).read_bytes()
        assert [name for name in (b"setReadHandler", b"evalScript\0", b"tmpfile", b"getenviron") if name in data] == []
