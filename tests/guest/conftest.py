"""The build of the guest image is a folder of scripts and no package: its tests import from that folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "guest" / "quickjs-wasm"))
