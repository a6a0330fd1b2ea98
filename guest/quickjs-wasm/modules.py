"""The table of what the guest has: npm packages, modules of our own, globals that are made on first touch, images.

One line for each. The build reads it, the bootstrap gets what it has to know of it, and a test compares it with the
words that a policy may use. MODULES.md says how to add one.
"""

from inputs import FOLDER
from steps import BuildError

#: npm packages that code requires by their own names. Each is in an image of its own and in the image `all`.
PACKAGES = ("lodash", "date-fns", "qs", "uuid", "crypto-js", "dayjs")

#: What code requires, with or without `node:` before it, and the module of ours that it gets; after `#`, the property
#: of that module's exports. A policy lists the part before the slash, unless OWN_RIGHT has the whole name.
PUBLIC = {
    "path": "node/path",
    "path/posix": "node/path#posix",
    "pinyin": "node/pinyin",
}

#: Names with a slash that a policy lists for themselves: the name before the slash does not bring them.
OWN_RIGHT = frozenset({"stream/web", "timers/promises"})

#: Globals that are made when they are first touched: the module and the property of its exports.
GLOBALS = {
    "Intl": "web/intl#Intl",
    "performance": "web/performance#performance",
    "Performance": "web/performance#Performance",
}

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
VENDOR: dict[str, str] = {"pinyin": "module.exports = require('pinyin/lib/pinyin.js');"}

#: What is ready in which image. What is in none is loaded from bytecode when it is first needed.
IMAGES: dict[str, tuple[str, ...]] = {"base": (), **{name: (name,) for name in PACKAGES}, "all": PACKAGES}

#: Modules of ours that a package touches while it is made, with what those require: they are ready in its image. The
#: build fails, and says which, where one is missing here.
TOUCHED: dict[str, tuple[str, ...]] = {}

#: The folders below js/ whose files are modules of ours, each a file or a folder's index.js.
OWN_FOLDERS = ("internal", "node", "web")


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
