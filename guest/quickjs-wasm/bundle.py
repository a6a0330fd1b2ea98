"""The JavaScript of the image: the bootstrap, the packages and their parts, and the modules of our own.

A bundle is the text of one expression, a function. The bootstrap's takes the bridge; every other takes
(module, exports, require) as Node's module wrapper does, and fetches other modules by `require` while it runs. Modules
of our own are not bundled, so that a change of one touches no other; they get three more arguments (MODULES.md).
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import cldr
import legacy_encodings
import mime_data
import modules
import pinyin_data
import tzdata
from inputs import FOLDER
from modules import PACKAGES
from steps import BuildError, run
from workspace import Workspace, key_of

#: Published as ES modules: taken from those, because what node makes of them for `require` is twice the size.
_ES_MODULES = {"date-fns", "uuid"}
#: Locales that are modules of their own; `date-fns/locale` has all there are.
_DATE_FNS_LOCALES = (
    *("ar", "cs", "da", "de", "de-AT", "en-AU", "en-CA", "en-GB", "en-IN", "en-US", "es", "fi", "fr", "fr-CA", "hi"),
    *("id", "it", "ja", "ko", "nl", "pl", "pt", "pt-BR", "ru", "sv", "th", "tr", "uk", "vi", "zh-CN", "zh-HK", "zh-TW"),
)
_DAYJS_LOCALES = (
    *("ar", "cs", "da", "de", "en", "en-gb", "es", "fi", "fr", "hi", "id", "it", "ja", "ko", "nl", "pl", "pt", "pt-br"),
    *("ru", "sv", "th", "tr", "uk", "vi", "zh", "zh-cn", "zh-hk", "zh-tw"),
)

#: What the adapter for axios (js/node/axios) needs of the package, and the name under which the package finds it.
_AXIOS_PARTS = {
    "adapters": "adapters/adapters.js",
    "CanceledError": "cancel/CanceledError.js",
    "progress": "helpers/progressEventReducer.js",
    "resolveConfig": "helpers/resolveConfig.js",
    "settle": "core/settle.js",
    "utils": "utils.js",
}
_AXIOS_ADAPTER = "axios/lib/adapters/http.js"
#: Without a fetch it does not try what that can do while it is made. Names of its classes are seen in errors.
_AXIOS_OPTIONS = ["--define:fetch=undefined", f"--external:{_AXIOS_ADAPTER}", "--keep-names"]

_BOOTSTRAP_WRAPPER = ("(function(bridge){var module={exports:{}},exports=module.exports;", "return module.exports})")
_MODULE_WRAPPER = ("(function(module,exports,require){", "})")
_OWN_WRAPPER = (b'(function(module,exports,require,primordials,bindings,nodeError){"use strict";', b"\n})")
#: A package whose built-ins are those of js/internal/world.js: its own names for them hide the globals.
_WORLD = ("AbortController", "ArrayBuffer", "DataView", "Error", "Function", "Math", "Number", "Object", "Promise",
          "RangeError", "String", "Symbol", "TypeError", "Uint8Array", "globalThis", "queueMicrotask")  # fmt: skip
_PRISTINE_WRAPPER = (
    f'(function(module,exports,require){{const{{{",".join(_WORLD)}}}=require("internal/world");', "})"
)  # fmt: skip
#: Before the name of a module that guest code cannot require.
INTERNAL = "internal:"
_COMMON = ["--bundle", "--minify", "--format=cjs", "--target=es2023", "--legal-comments=none", "--log-level=warning"]


def package_of(module: str) -> str:
    """The package that a module name belongs to."""
    return module.partition("/")[0]


def file_stem(module: str) -> str:
    """A module's name as a file name."""
    return module.replace("/", "__").replace(":", "@")


def _entry(package: str) -> str:
    if package in _ES_MODULES:
        return f"import * as all from {json.dumps(package)}; module.exports = {{ ...all }};"
    return f"module.exports = require({json.dumps(package)});"


def _axios() -> str:
    """The package, with an adapter of ours under the names that its own have in Node. The adapter gets the parts of the
    package that it is made of with each request, because modules of ours do not see packages."""
    parts = ", ".join(f"{name}: {name}.default ?? {name}" for name in _AXIOS_PARTS)
    lines = [
        "import axios from 'axios';",
        *(f"import * as {name} from 'axios/unsafe/{path}';" for name, path in _AXIOS_PARTS.items()),
        f"const parts = {{ __proto__: null, axios, {parts} }};",
        f"const send = (config) => require('{_AXIOS_ADAPTER}')(config, parts);",
        "const { adapters: known } = parts.adapters;",
        "const { get } = known.fetch;",
        "known.http = send;",
        # A config may bring a fetch of its own, which the package's adapter then calls.
        "known.fetch = { get: (config) => (typeof config?.env?.fetch === 'function' ? get(config) : send) };",
        # The adapter is loaded now, for the image.
        "send();",
        "module.exports = axios;",
    ]
    return "\n".join(lines)


def _lodash_fp(npm: Path) -> str:
    convert = json.dumps(str(npm / "lodash" / "fp" / "_baseConvert.js"))
    return f"const _ = require('lodash').runInContext(); module.exports = require({convert})(_, _);"


def _date_fns_fp(npm: Path) -> str:
    """The functional face made from the functions of the parent, as the package's own one-line files do it."""
    folder = npm / "date-fns" / "fp"
    lines = []
    for name in re.findall(r'from "\./fp/(\w+)\.js"', (npm / "date-fns" / "fp.js").read_text()):
        source = (folder / f"{name}.js").read_text()
        made = re.search(r"import \{ (\w+) as fn \}[^;]*;[\s\S]*?convertToFP\(fn, (\d)\)", source)
        if not made:
            raise BuildError(f"date-fns/fp/{name}.js does not look as the build expects")
        lines.append(f"  {name}: convertToFP(all.{made[1]}, {made[2]}),")
    convert = json.dumps(str(folder / "_lib" / "convertToFP.js"))
    imports = f"import {{ convertToFP }} from {convert}; const all = require('date-fns');"
    return "\n".join([imports, "module.exports = {", *lines, "};"])


def _crypto_js_parts(npm: Path) -> dict[str, str]:
    """One module for each file of crypto-js: the file's last line says which property of the parent it stands for."""
    parts = {}
    for file in sorted((npm / "crypto-js").glob("*.js")):
        given = re.findall(r"\n\treturn CryptoJS((?:\.\w+)*);\s*\n\s*\}\)\);\s*$", file.read_text())
        if given:
            parts[f"crypto-js/{file.stem}"] = f"module.exports = require('crypto-js'){given[0]};"
    if len(parts) < 40:
        raise BuildError(f"only {len(parts)} modules found in crypto-js: its files do not look as the build expects")
    return parts


def _parts(npm: Path) -> dict[str, str]:
    """The modules that lie inside a package, by name, with the text that their bundle is made from."""
    parts = {"lodash/fp": _lodash_fp(npm), "date-fns/fp": _date_fns_fp(npm)}
    for name in ("date-fns/locale", *(f"date-fns/locale/{locale}" for locale in _DATE_FNS_LOCALES)):
        target = json.dumps(str(npm / f"{name}.js"))
        parts[name] = f"import * as all from {target}; module.exports = {{ ...all }};"
    plugins = sorted(file.stem for file in (npm / "dayjs" / "plugin").glob("*.js"))
    for name in (*(f"locale/{locale}" for locale in _DAYJS_LOCALES), *(f"plugin/{plugin}" for plugin in plugins)):
        parts[f"dayjs/{name}"] = f"module.exports = require({json.dumps(str(npm / 'dayjs' / f'{name}.js'))});"
    return {**parts, **_crypto_js_parts(npm)}


_REQUIRED = re.compile(rb"""\brequire\(['"]([^'"]+)['"]\)""")


def _own(made: dict[str, bytes], data: dict[str, object]) -> dict[str, bytes]:
    """Modules that guest code cannot require, wrapped; those that the build made are so already, and `data` is what
    the generated ones export.

    Raises BuildError where one requires what is not there.
    """
    sources = modules.own_modules()
    names = frozenset({*sources, *made, *data})
    modules.check_targets(names)
    for name, source in sources.items():
        for required in _REQUIRED.findall(source):
            if required.decode() not in names:
                raise BuildError(f"js/{name}.js requires {required.decode()!r}, which is no module of ours")
    before, after = _OWN_WRAPPER
    for name, exports in data.items():
        text = json.dumps(exports, ensure_ascii=False, separators=(",", ":"))
        sources[name] = b"module.exports=" + text.encode()
    wrapped = {name: before + source + after for name, source in sources.items()}
    return {INTERNAL + name: source for name, source in {**wrapped, **made}.items()}


class Bundler:
    """esbuild over the packages of one `node_modules` folder. Each bundle is kept under what it was made from."""

    def __init__(self, workspace: Workspace, npm: Path, zones: Path) -> None:
        self._workspace = workspace
        self._npm = npm
        self._zones = zones
        self.parts = _parts(npm)
        self.module_names = sorted([*PACKAGES, *self.parts])

    def _esbuild(self, options: list[str | Path]) -> bytes:
        # The binary itself: the script that npm links to it would start node only to start the binary.
        binaries = list((self._npm / "@esbuild").glob("*/bin/esbuild"))
        if len(binaries) != 1:
            raise BuildError(f"expected one esbuild binary under {self._npm / '@esbuild'}, found {len(binaries)}")
        return run([binaries[0], *options, *_COMMON], env={**os.environ, "NODE_PATH": str(self._npm)})

    def _kept(self, kind: str, made_from: list[str | bytes], make: Callable[[Path], None]) -> Path:
        """A folder that `make` fills, unless it was filled from the same before."""
        return self._workspace.tree(f"bundles/{kind}-{key_of(str(self._npm), *_COMMON, *made_from)}", make)

    def bootstrap(self) -> bytes:
        before, after = _BOOTSTRAP_WRAPPER
        folder = FOLDER / "js"
        files = [*sorted((folder / "bootstrap").glob("*.js")), *sorted((folder / "capabilities").glob("*.js"))]
        defined = {
            "CELLBLOCK_MODULES": self.module_names,
            "CELLBLOCK_PUBLIC": modules.PUBLIC,
            "CELLBLOCK_GLOBALS": modules.GLOBALS,
            "CELLBLOCK_ENUMERABLE": sorted(modules.ENUMERABLE),
            "CELLBLOCK_METHODS": modules.METHODS,
            "CELLBLOCK_OWN_RIGHT": sorted(modules.OWN_RIGHT & modules.PUBLIC.keys()),
        }
        options = [f"--define:{name}={json.dumps(value)}" for name, value in defined.items()]
        options += [f"--banner:js={before}", f"--footer:js={after}"]

        def make(out: Path) -> None:
            (out / "main.js").write_bytes(self._esbuild([folder / "bootstrap" / "main.js", *options]))

        sources = [part for file in files for part in (str(file.relative_to(folder)), file.read_bytes())]
        return (self._kept("bootstrap", [*options, *sources], make) / "main.js").read_bytes()

    def modules(self) -> dict[str, bytes]:
        """The bundle of every package and part by its name, and every module of ours by its internal one."""
        packages = self._bundle({name: _entry(name) for name in PACKAGES if name != "axios"}, [])
        packages |= self._bundle({"axios": _axios()}, _AXIOS_OPTIONS)
        parts = self._bundle(self.parts, [f"--external:{name}" for name in PACKAGES])
        texts = {f"vendor/{name}": text for name, text in modules.VENDOR.items()}
        pristine = {name: text for name, text in texts.items() if name.removeprefix("vendor/") in modules.PRISTINE}
        vendor = {
            **self._bundle({name: text for name, text in texts.items() if name not in pristine}, []),
            **self._bundle(pristine, [], _PRISTINE_WRAPPER),
        }
        vendor |= legacy_encodings.modules(self._workspace, self._npm)
        ready = {name: f"(function(){{{text}}})".encode() for name, text in modules.READY.items()}
        return {**packages, **parts, **ready, **_own(vendor, self._data())}

    def _data(self) -> dict[str, object]:
        """What the modules of data export."""
        made = {**cldr.data_modules(self._npm), **tzdata.zone_modules(self._zones, self._npm)}
        return {**made, **pinyin_data.data_modules(self._npm), **mime_data.data_modules(self._npm)}

    def _bundle(
        self, entries: dict[str, str], options: list[str], wrapper: tuple[str, str] = _MODULE_WRAPPER
    ) -> dict[str, bytes]:
        before, after = wrapper
        options = ["--platform=browser", *options, f"--banner:js={before}", f"--footer:js={after}"]

        def make(out: Path) -> None:
            with self._workspace.scratch() as scratch:
                files = [scratch / f"{file_stem(name)}.js" for name in entries]
                for file, text in zip(files, entries.values(), strict=True):
                    file.write_text(text)
                self._esbuild([*files, f"--outdir={out}", *options])

        if not entries:
            return {}
        made = self._kept("packages", [*options, *entries, *entries.values()], make)
        return {name: (made / f"{file_stem(name)}.js").read_bytes() for name in entries}
