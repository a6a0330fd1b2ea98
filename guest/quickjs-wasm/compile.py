"""From C to the guest module: QuickJS-ng and our own files, compiled with zig's clang for WebAssembly."""

import importlib.metadata
import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from inputs import FOLDER, QUICKJS, ZIGLANG_VERSION
from steps import BuildError, run, step
from workspace import Workspace, key_of

_C = FOLDER / "c"
#: Files of QuickJS-ng; quickjs.c itself is part of our engine_unit.c.
_QUICKJS_FILES = ("dtoa.c", "libregexp.c", "libunicode.c")
#: Just the features that the guest needs. In particular no reference types, which the host keeps switched off.
_CPU = "-mcpu=mvp+bulk_memory+sign_ext+nontrapping_fptoint+mutable_globals+multivalue+simd128"
#: The places of QuickJS-ng that are changed before it is compiled. Whether small blocks come from arenas is
#: decided while it runs, so that an image can be packed and an execution be quick (c/engine_unit.c says how). Each
#: statement says where it begins: without that, `return null.x` has no line, and `this.q.r` that of the function. And
#: the interpreter's loop is a plain switch: a jump to a computed address, which WebAssembly does not have, becomes a
#: switch behind one more load (calls burn a tenth less fuel so). Properties of ours that are made on first touch are
#: made by our own function, and no stack shows frames of code of the image (c/engine_lazy.h). `stack` of an error is
#: its own property and begins with what the error says, as in V8, and Promise.any's error says something
#: (c/engine_stack.h). A date's text ends with the name of its zone, which is UTC for every guest.
_PATCHES = (
    ("#if defined(EMSCRIPTEN) || defined(_MSC_VER)\n", "#if 1\n"),
    ("#define JS_ARENA_LARGE_BLOCKS_ONLY 0\n", "#define JS_ARENA_LARGE_BLOCKS_ONLY cb_engine_packs_blocks\n"),
    ("    /* specific label handling */\n", "    emit_source_loc(s);\n    /* specific label handling */\n"),
    (
        "    realm = js_autoinit_get_realm(pr);\n    func = ",
        "    if (cb_engine_is_lazy(pr))\n"
        "        return cb_engine_make_lazy(ctx, p, prop, pr->u.init.opaque);\n"
        "    realm = js_autoinit_get_realm(pr);\n    func = ",
    ),
    (
        "        b = NULL;\n        backtrace_barrier = false;\n",
        "        if (cb_engine_hides_frame(p))\n            continue;\n"
        "        b = NULL;\n        backtrace_barrier = false;\n",
    ),
    (
        "(!JS_IsUndefined(p->u.object_data))\n        return false;\n    if (find_own_property1(p, JS_ATOM_stack))\n",
        "(!JS_IsUndefined(p->u.object_data))\n        return false;\n    if (!cb_engine_has_plain_stack(p))\n",
    ),
    (
        "    obj = JS_NewObjectProtoClass(ctx, proto, JS_CLASS_ERROR);\n    JS_FreeValue(ctx, proto);\n"
        "    if (JS_IsException(obj))\n        return obj;\n    switch (magic) {\n",
        "    obj = JS_NewObjectProtoClass(ctx, proto, JS_CLASS_ERROR);\n    JS_FreeValue(ctx, proto);\n"
        "    if (JS_IsException(obj))\n        return obj;\n    cb_engine_add_stack(ctx, obj);\n    switch (magic) {\n",
    ),
    (
        "    msg = JS_NewString(ctx, message);\n    if (JS_IsException(msg))\n",
        "    cb_engine_add_stack(ctx, obj);\n    msg = JS_NewString(ctx, message);\n    if (JS_IsException(msg))\n",
    ),
    (
        "    if (p->class_id != JS_CLASS_ERROR)\n        return JS_UNDEFINED;\n    return js_dup(p->u.object_data);\n",
        "    if (p->class_id != JS_CLASS_ERROR)\n        return JS_UNDEFINED;\n"
        "    return cb_engine_stack(ctx, this_val, p->u.object_data);\n",
    ),
    (
        "    if (has_filter_func) {\n        /* Error.captureStackTrace",
        "    if (!has_prepare && !can_store_error_stack(error_obj))\n"
        "        stack = cb_engine_stack_made(ctx, error_obj, stack);\n"
        "    if (has_filter_func) {\n        /* Error.captureStackTrace",
    ),
    (
        "    } else if (can_store_error_stack(error_obj)) {\n",
        "    } else if (!has_prepare && can_store_error_stack(error_obj)) {\n",
    ),
    (
        "    } else if (can_add_backtrace(error_obj)) {\n",
        "    } else if (can_add_backtrace(error_obj) || (has_prepare && can_store_error_stack(error_obj))) {\n",
    ),
    ("    char buf[64];\n    double fields[9];\n", "    char buf[96];\n    double fields[9];\n"),
    (
        "            /* XXX: tack the time zone code? */\n",
        '            pos += snprintf(buf + pos, sizeof(buf) - pos, " (Coordinated Universal Time)");\n',
    ),
    (
        "    JS_DefinePropertyValueConst(ctx, obj, JS_ATOM_errors, errors,",
        "    cb_engine_finish_aggregate(ctx, obj);\n    JS_DefinePropertyValueConst(ctx, obj, JS_ATOM_errors, errors,",
    ),
)
_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
_TARGET = ["-target", "wasm32-wasi", _CPU, "-O2"]
_FLAGS = ["-fno-strict-aliasing", "-D_GNU_SOURCE", "-DNDEBUG", "-D_WASI_EMULATED_SIGNAL"]
_STRICT = ["-Wall", "-Wextra", "-Werror"]
_LENIENT = ["-Wno-everything"]
#: The linker's stack serves while an image is made; a finished image has a larger one (images.py).
BOOT_STACK_BYTES = 256 * 1024
_LINK = [
    "-mexec-model=reactor",
    "-Wl,--export=cb_mailbox",
    "-Wl,--export=__stack_pointer",
    f"-Wl,-z,stack-size={BOOT_STACK_BYTES}",
    "-s",
]


def _zig(workspace: Workspace, arguments: list[str | Path]) -> None:
    cache = workspace.folder / "zig"
    cache.mkdir(exist_ok=True)
    os.utime(cache)
    places = {"ZIG_GLOBAL_CACHE_DIR": str(cache), "ZIG_LOCAL_CACHE_DIR": str(cache)}
    run([sys.executable, "-m", "ziglang", "cc", *arguments], env={**os.environ, **places})


def check_compiler() -> None:
    """Raises BuildError where the compiler is not the pinned one."""
    try:
        found = importlib.metadata.version("ziglang")
    except importlib.metadata.PackageNotFoundError:
        found = "none"
    if found != ZIGLANG_VERSION:
        raise BuildError(f"the compiler is ziglang {ZIGLANG_VERSION}, but {found} is installed: run `uv sync`")


def _patched(workspace: Workspace, quickjs: Path) -> Path:
    """A folder with the changed quickjs.c. Raises BuildError where a place to change is not there exactly once."""
    text = (quickjs / "quickjs.c").read_text()
    for old, new in _PATCHES:
        if text.count(old) != 1:
            raise BuildError(f"quickjs.c does not have the line {old.strip()!r} exactly once: look at compile.py")
        text = text.replace(old, new)

    def make(folder: Path) -> None:
        (folder / "quickjs.c").write_text(text)

    return workspace.tree(f"patched-{key_of(text)}", make)


def _jobs(quickjs: Path, patched: Path) -> Iterator[tuple[Path, list[str]]]:
    """Every C file with its flags, the one that takes longest first."""
    version = QUICKJS.version.rpartition(".")[0]
    common = [*_TARGET, *_FLAGS, f'-DCONFIG_VERSION="{version}"', f"-I{_C}"]
    engine = _C / "engine_unit.c"
    yield engine, [*common, f"-I{patched}", f"-I{quickjs}", *_LENIENT]
    for name in _QUICKJS_FILES:
        yield quickjs / name, [*common, f"-I{quickjs}", *_LENIENT]
    for file in sorted(_C.glob("*.c")):
        if file != engine:
            yield file, [*common, f"-isystem{quickjs}", *_STRICT]


def _with_headers(file: Path) -> list[Path]:
    """The file, and those of our own headers that it includes, directly or not. QuickJS-ng's never change."""
    found = [file]
    for reached in found:
        for name in _INCLUDE.findall(reached.read_text()):
            header = _C / name
            if header.exists() and header not in found:
                found.append(header)
    return found


def _object(workspace: Workspace, file: Path, flags: list[str]) -> Path:
    sources = [part for source in _with_headers(file) for part in (source.name, source.read_bytes())]
    options = [flag for flag in flags if not flag.startswith(("-I", "-isystem"))]
    name = f"objects/{file.stem}-{key_of(ZIGLANG_VERSION, *QUICKJS.sha256, str(_PATCHES), *options, *sources)}.o"
    return workspace.file(name, lambda partial: _zig(workspace, [*flags, "-c", file, "-o", partial]))


def _link(workspace: Workspace, objects: list[Path]) -> bytes:
    # wasi.o first: what it defines is then not taken from wasi-libc, which would import it.
    ordered = sorted(objects, key=lambda path: (not path.name.startswith("wasi-"), path.name))
    key = key_of(ZIGLANG_VERSION, *_LINK, *(path.name for path in ordered))
    options = [*_TARGET, *_LINK, *ordered]
    return workspace.file(f"objects/guest-{key}.wasm", lambda to: _zig(workspace, [*options, "-o", to])).read_bytes()


def compile_guest(workspace: Workspace, quickjs: Path) -> bytes:
    """The guest module, not yet booted."""
    jobs = list(_jobs(quickjs, _patched(workspace, quickjs)))
    with step(f"compile {len(jobs)} C files"), ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(lambda job: _object(workspace, *job), jobs))
    with step("link"):
        return _link(workspace, objects)
