# Every command of the project. `uv run just NAME` makes the environment that they need, and `just` alone lists them.

export PATH := justfile_directory() / ".venv/bin:" + env("PATH")

# list the recipes
[private]
default:
    @just --list --unsorted

# build the image if it is not there yet, and serve
serve *OPTIONS: image
    exec cellblock serve {{ OPTIONS }}

# build the image if it is not there yet, and run the tests (or those that are named)
test *OPTIONS: image
    exec pytest {{ OPTIONS }}

# check the shipped policies and run their tests, as the tests do
policy: image
    cellblock policy check --strict policies
    cellblock policy fmt --check
    cellblock policy test --policies policies --coverage --mutate --strict

# build the guest image if its inputs changed
image:
    cellblock image build

# list the benchmarks, or run one: `just perf NAME`
perf *NAMES: image
    exec python -m perf {{ NAMES }}

# everything at once for some minutes (3), a worker killed in the middle; then the service has to be as it was
soak *MINUTES: image
    exec python -m perf.soak {{ MINUTES }}

# check style; `just lint --fix` repairs what it can
lint *OPTIONS:
    ruff check {{ OPTIONS }} .

# build dist/*.whl with the image inside
wheel:
    "${UV:-uv}" build --wheel

# take the newest versions that the ranges in pyproject.toml allow, and pin them there
lock:
    python .ci/lock.py
