"""Whether the files of a folder are just those that were signed. Pure: what is checked are the bytes that are used."""

from collections.abc import Mapping

from msgspec import Struct

from host.policy.diagnose import Diagnostic
from host.policy.resolve import PolicyFolderError, folder_error
from host.policy.signing.keys import PublicKey, signature_from_text
from host.policy.signing.manifest import (
    MANIFEST_FILE,
    SIGNATURE_FILE,
    SIGNING_FILES,
    Manifest,
    ManifestError,
    decode,
    holds,
)

_SIGN_AGAIN = "Sign the folder again with `cellblock policy sign`."


class Contents(Struct, frozen=True):
    """What a folder holds that is not hidden: the bytes of its files by name, and the names of all else."""

    files: Mapping[str, bytes]
    others: tuple[str, ...] = ()


def verify(contents: Contents, key: PublicKey) -> Manifest:
    """The manifest of `contents`, if `key` signed it and it names each file, with just these bytes, and no other.

    Raises PolicyFolderError with everything that is wrong.
    """
    manifest = _manifest(contents.files, key)
    faults = [*_not_signed(contents, manifest), *_not_as_signed(contents.files, manifest)]
    if faults:
        raise PolicyFolderError(tuple(sorted(faults, key=lambda each: each.file)), {})
    return manifest


def _manifest(files: Mapping[str, bytes], key: PublicKey) -> Manifest:
    for name in SIGNING_FILES:
        if name not in files:
            message = f"the folder is not signed: it has no {name}, and POLICY_PUBLIC_KEY asks for it"
            fix = "Sign it with `cellblock policy sign`, and put both files beside the policies."
            raise _refused("unsigned", message, ".", fix)
    signature = signature_from_text(files[SIGNATURE_FILE])
    if signature is None:
        raise _refused("bad-signature", "the file is not the base64 of an Ed25519 signature", SIGNATURE_FILE)
    # Before anything of it is parsed.
    if not key.verifies(signature, files[MANIFEST_FILE]):
        message = "the signature is not one of this manifest by the key of POLICY_PUBLIC_KEY"
        fix = f"{_SIGN_AGAIN} Or set POLICY_PUBLIC_KEY to the key of who signed it."
        raise _refused("bad-signature", message, SIGNATURE_FILE, fix)
    try:
        return decode(files[MANIFEST_FILE])
    except ManifestError as fault:
        raise _refused("bad-manifest", f"the manifest cannot be used: {fault}", MANIFEST_FILE) from None


def _refused(code: str, message: str, file: str, fix: str = _SIGN_AGAIN) -> PolicyFolderError:
    return PolicyFolderError((folder_error(code, message, file, fix),), {})


def _not_signed(contents: Contents, manifest: Manifest) -> list[Diagnostic]:
    fix = f"Remove it. Or: {_SIGN_AGAIN[0].lower()}{_SIGN_AGAIN[1:]}"
    extra = [name for name in contents.files if name not in manifest.files and name not in SIGNING_FILES]
    found = [folder_error("not-signed", "the file is not one of those that were signed", name, fix) for name in extra]
    message = "something that is not a file stands in a signed folder"
    return found + [folder_error("not-signed", message, name, "Remove it.") for name in contents.others]


def _not_as_signed(files: Mapping[str, bytes], manifest: Manifest) -> list[Diagnostic]:
    found = []
    for name, signed in manifest.files.items():
        if name not in files:
            message = "the file was signed, and is not there"
            found.append(folder_error("signed-missing", message, name, f"Put it back. Or: {_SIGN_AGAIN}"))
        elif not holds(signed, files[name]):
            message = "the file is not as it was when it was signed"
            found.append(folder_error("signed-changed", message, name, f"Put it back as it was. Or: {_SIGN_AGAIN}"))
    return found


def check_serial(manifest: Manifest, in_force: Manifest | None) -> None:
    """Raises PolicyFolderError where the folder was signed before the one `in_force`, or is another of its serial."""
    if in_force is None or manifest.serial > in_force.serial or manifest == in_force:
        return
    when = "before the one in force" if manifest.serial < in_force.serial else "under the serial of another"
    message = f"the folder was signed {when}: its serial is {manifest.serial}, after {in_force.serial}"
    raise _refused("rolled-back", message, MANIFEST_FILE, "Sign it again if it is meant to come back.")
