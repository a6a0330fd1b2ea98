"""The table of what the guest has: npm packages, modules of our own, globals that are made on first touch, images.

One line for each. The build reads it, the bootstrap gets what it has to know of it, and a test compares it with the
words that a policy may use. MODULES.md says how to add one.
"""

from inputs import FOLDER
from steps import BuildError

#: npm packages that code requires by their own names. Each is in an image of its own and in the image `all`.
PACKAGES = ("lodash", "date-fns", "qs", "uuid", "crypto-js", "dayjs", "axios")

#: What code requires, with or without `node:` before it, and the module of ours that it gets; after `#`, the property
#: of that module's exports. A policy lists the part before the slash, unless OWN_RIGHT has the whole name.
PUBLIC = {
    "buffer": "node/buffer",
    "path": "node/path",
    "path/posix": "node/path#posix",
    "path/win32": "node/path_win32",
    "events": "node/events#EventEmitter",
    "process": "node/process#process",
    "stream/web": "web/streams",
    "perf_hooks": "node/perf_hooks",
    "timers": "node/timers",
    "timers/promises": "node/timers/promises",
    "string_decoder": "node/string_decoder",
    "assert": "node/assert",
    "assert/strict": "node/assert#strict",
    "util": "node/util",
    "util/types": "node/util/types",
    "querystring": "node/querystring",
    "url": "node/url",
    "zlib": "node/zlib",
    "crypto": "node/crypto",
    "pinyin": "node/pinyin",
    "axios/lib/adapters/http.js": "node/axios#adapter",
    "form-data": "node/form_data#FormData",
    "xlsx": "packages/xlsx",
}

#: Names with a slash that a policy lists for themselves: the name before the slash does not bring them.
OWN_RIGHT = frozenset({"stream/web", "timers/promises"})

STREAMS = (
    *("ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest"),
    *("ReadableByteStreamController", "ReadableStreamDefaultController", "TransformStream"),
    *("TransformStreamDefaultController", "WritableStream", "WritableStreamDefaultWriter"),
    *("WritableStreamDefaultController", "ByteLengthQueuingStrategy", "CountQueuingStrategy"),
)

#: Globals that are made when they are first touched: the module and the property of its exports.
GLOBALS = {
    "Event": "web/event#Event",
    "CustomEvent": "web/event#CustomEvent",
    "EventTarget": "web/event#EventTarget",
    "AbortController": "web/abort#AbortController",
    "AbortSignal": "web/abort#AbortSignal",
    "FormData": "web/formdata#FormData",
    "structuredClone": "web/clone#structuredClone",
    "process": "node/process#process",
    **{name: f"web/streams#{name}" for name in STREAMS},
    "TextEncoderStream": "web/streams_text#TextEncoderStream",
    "TextDecoderStream": "web/streams_text#TextDecoderStream",
    "CompressionStream": "web/compression#CompressionStream",
    "DecompressionStream": "web/compression#DecompressionStream",
    "Buffer": "node/buffer/class#Buffer",
    "atob": "web/base64#atob",
    "btoa": "web/base64#btoa",
    "TextEncoder": "web/encoding/encoder#TextEncoder",
    "TextDecoder": "web/encoding/decoder#TextDecoder",
    "Blob": "web/blob#Blob",
    "File": "web/blob#File",
    "Intl": "web/intl#Intl",
    "performance": "web/performance#performance",
    "Performance": "web/performance#Performance",
    "PerformanceEntry": "web/performance#PerformanceEntry",
    "PerformanceMark": "web/performance#PerformanceMark",
    "PerformanceMeasure": "web/performance#PerformanceMeasure",
    "reportError": "web/event#reportError",
    "crypto": "web/crypto#crypto",
    **{name: f"web/crypto#{name}" for name in ("Crypto", "CryptoKey", "SubtleCrypto")},
    "URL": "web/url#URL",
    "URLSearchParams": "web/url_search_params#URLSearchParams",
    "fetch": "web/fetch#fetch",
    "Headers": "web/fetch/headers#Headers",
    "Request": "web/fetch/request#Request",
    "Response": "web/fetch/response#Response",
}

#: Those of them that Web IDL makes enumerable: operations and attributes of the global, not its interfaces.
ENUMERABLE = frozenset({"atob", "btoa", "structuredClone", "reportError", "performance"})

#: Methods of built-in classes in whose place is one of ours, made when it is first touched: by object and name, the
#: module and the property of its exports.
METHODS = {
    "Number.prototype.toLocaleString": "web/intl/methods#number",
    "BigInt.prototype.toLocaleString": "web/intl/methods#bigint",
    "Date.prototype.toLocaleString": "web/intl/methods#date",
    "Date.prototype.toLocaleDateString": "web/intl/methods#dateDate",
    "Date.prototype.toLocaleTimeString": "web/intl/methods#dateTime",
    "Array.prototype.toLocaleString": "web/intl/methods#array",
    "TypedArray.prototype.toLocaleString": "web/intl/methods#typedArray",
    "String.prototype.localeCompare": "web/intl/methods#compare",
    "String.prototype.toLocaleUpperCase": "web/intl/methods#upper",
    "String.prototype.toLocaleLowerCase": "web/intl/methods#lower",
}

#: Modules bundled from npm packages that only modules of ours see, as `vendor/NAME`: the text that the bundle is made
#: from, as esbuild takes it.
VENDOR: dict[str, str] = {
    "streams": "module.exports = require('web-streams-polyfill')",
    "pinyin": "module.exports = require('pinyin/lib/pinyin.js');",
    # Its ES module, so that only the utilities get into the bundle: no reader and no writer of files.
    "sheetjs": "import { utils, SSF } from 'xlsx/xlsx.mjs'; module.exports = { utils, SSF };",
}

#: Those of them that run on built-ins as they were before any guest code ran (js/internal/world.js).
PRISTINE = frozenset({"streams"})

#: Globals that an image has ready: by a name for it, the text that touches them.
READY: dict[str, str] = {"internal:ready/fetch": "fetch; Headers; Request; Response;"}

#: What is ready in which image. What is in none is loaded from bytecode when it is first needed.
IMAGES: dict[str, tuple[str, ...]] = {
    "base": (),
    "fetch": ("internal:ready/fetch",),
    **{name: (name,) for name in PACKAGES},
    "axios": ("internal:ready/fetch", "axios"),
    "all": (*READY, *PACKAGES),
}

#: Modules of ours that a package touches while it is made, with what those require: they are ready in its image. The
#: build fails, and says which, where one is missing here.
TOUCHED: dict[str, tuple[str, ...]] = {
    "lodash": ("node/buffer/class", "node/process"),
    "uuid": ("web/crypto", "internal/webidl"),
    "crypto-js": ("web/crypto", "internal/webidl"),
    "internal:ready/fetch": (
        "web/fetch",
        "web/fetch/body",
        "internal/webidl",
        "web/fetch/header_list",
        "web/fetch/headers",
        "internal/platform",
        "web/fetch/request",
        "web/fetch/mixin",
        "web/fetch/url",
        "web/fetch/response",
        "web/fetch/transport",
    ),
    "axios": (
        "web/formdata",
        "web/url_search_params",
        "web/url",
        "web/blob",
        "web/streams",
        "vendor/streams",
        "internal/world",
        "web/abort",
        "web/event",
        "internal/readable",
        "web/encoding/encoder",
        "node/axios",
        "node/axios/kit",
        "node/axios/adapter",
        "internal/to_buffer",
        "node/axios/body",
        "node/axios/errors",
    ),
}

#: The folders below js/ whose files are modules of ours, each a file or a folder's index.js.
OWN_FOLDERS = ("internal", "node", "packages", "web")


def own_modules() -> dict[str, bytes]:
    """The source of each module of ours, by its name: `node/path` is js/node/path.js or js/node/path/index.js."""
    found: dict[str, bytes] = {}
    for folder in OWN_FOLDERS:
        for file in sorted((FOLDER / "js" / folder).rglob("*.js")):
            name = file.relative_to(FOLDER / "js").with_suffix("").as_posix().removesuffix("/index")
            if name in found:
                raise BuildError(f"js/{name}.js and js/{name}/index.js are the same module")
            found[name] = file.read_bytes()
    return found


def check_targets(names: frozenset[str]) -> None:
    """Raises BuildError where the table points to a module that is not there."""
    for public, target in {**PUBLIC, **GLOBALS, **METHODS}.items():
        if target.partition("#")[0] not in names:
            raise BuildError(f"modules.py: {public!r} is {target!r}, and there is no such module")
