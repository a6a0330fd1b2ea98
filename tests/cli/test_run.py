"""`cellblock run`: results, logs and exit codes."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from host.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(bundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Runs `cellblock run` on code, in this process: `run(code, *options)`."""
    for name in ("ENVIRONMENT", "ALLOW_CONSOLE", "POLICY_DIR"):
        monkeypatch.delenv(name, raising=False)

    def invoke(code: str | bytes, *options: str) -> Result:
        file = tmp_path / "block.js"
        file.write_bytes(code if isinstance(code, bytes) else code.encode())
        return CliRunner().invoke(main, ["run", str(file), *options])

    return invoke


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A folder with two policies."""
    folder = tmp_path / "policies"
    folder.mkdir()
    for name, limits in {"sandbox": "{}", "short": "{wall_time: 20ms, code: 200, result: 20}"}.items():
        (folder / f"{name}.yaml").write_text(f"version: 1\npolicy: {name}\nlimits: {limits}\n")
    return folder


def test_result_goes_to_output_and_logs_to_errors(run) -> None:
    """A pipe gets the result alone."""
    result = run("console.log('seen', 1); console.error('bad'); return input.n * 2", "--input", '{"n": 21}')
    assert (result.exit_code, result.stdout) == (0, "42\n")
    assert result.stderr == "[info] seen 1\n[error] bad\n"


def test_decisions_are_told_beside_the_result(run, tmp_path: Path) -> None:
    """What was allowed, audited and denied, by which rule and where it stands; the result is the same as ever."""
    folder = tmp_path / "watched"
    folder.mkdir()
    text = "version: 1\npolicy: sandbox\nmodules: [qs]\nmode: audit\nuntil: 2099-01-01\ndeny: {modules: [uuid]}\n"
    (folder / "sandbox.yaml").write_text(text)
    code = "require('qs'); require('path'); try { require('uuid') } catch { } return 1"
    plain = run(code, "--policies", str(folder))
    assert (plain.stdout, plain.stderr) == ("1\n", "")
    told = run(code, "--policies", str(folder), "--decisions")
    assert told.stdout == "1\n"
    assert told.stderr.splitlines() == [
        "[allowed] modules qs: the rule `modules` (sandbox.yaml:3) allows it",
        "[audited] the policy `sandbox` does not allow modules path: it does not list that module; the nearest rule is "
        "`modules` (sandbox.yaml:3)",
        "[denied] the policy `sandbox` does not allow modules uuid: `modules` under `deny` forbids it; the rule is "
        "`modules` (sandbox.yaml:6)",
    ]


def test_input_from_a_file(run, tmp_path: Path) -> None:
    """`@file` reads the input from a file."""
    (tmp_path / "input.json").write_text('["é"]')
    assert run("return input[0]", "--input", f"@{tmp_path / 'input.json'}").stdout == '"é"\n'


def test_json_is_the_answer_of_the_service(run) -> None:
    """`--json` prints the whole answer on one line, for a success and for a failure."""
    answer = json.loads(run("console.log(1); return 2", "--json").stdout)
    assert (answer["success"], answer["result"], answer["logs"][0]["text"]) == (True, 2, "1")
    answer = json.loads(run("throw new TypeError('no'); return 1", "--json").stdout)
    assert (answer["success"], answer["error"]["type"]) == (False, "TypeError")
    answer = json.loads(run("1 + 1", "--json").stdout)
    assert (answer["success"], answer["error"]["type"]) == (False, "ValidationError")


@pytest.mark.parametrize(
    ("code", "exit_code", "error"),
    [
        ("return 1", 0, ""),
        ("throw new TypeError('no'); return 1", 1, "TypeError: no"),
        ("return 1 +", 1, "SyntaxError"),
        ("1 + 1", 1, "The code has no `return`"),
        ("return require('fs')", 1, "SecurityError"),
        ("while (true) {} return 1", 3, "TimeoutError"),
        ("return 'x'.repeat(100)", 3, "ResultTooLargeError"),
        ("return 1" + " " * 200, 3, "The code has 208 bytes"),
    ],
)
def test_exit_codes_of_executions(run, policies: Path, code: str, exit_code: int, error: str) -> None:
    """0 for a result, 1 where the code failed, 3 where a limit was used up; the reason is on standard error."""
    result = run(code, "--policies", str(policies), "--policy", "short")
    assert (result.exit_code, error in result.stderr) == (exit_code, True), result.stderr
    assert bool(result.stdout) == (exit_code == 0)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--input", "{"], "it is not JSON"), (["--input", "@absent.json"], "No such file"),
        (["--policy", "absent"], "there is no policy"), (["--policies", "absent"], "does not exist"),
        (["--fast"], "No such option"),
    ],
)  # fmt: skip
def test_wrong_use_is_2(run, options: list[str], error: str) -> None:
    """Options that mean nothing."""
    result = run("return 1", *options)
    assert (result.exit_code, error in result.stderr) == (2, True), result.stderr


def test_code_that_is_not_utf8_is_2(run) -> None:
    """The file has to be text."""
    assert run(b"return '\xff'").exit_code == 2


def test_policies_with_mistakes_are_4(run, policies: Path) -> None:
    """The setup: every mistake is shown with its place."""
    (policies / "bad.yaml").write_text("version: 1\npolicy: bad\nlimit: {}\n")
    result = run("return 1", "--policies", str(policies))
    assert result.exit_code == 4
    assert "bad.yaml:3:1" in result.stderr


def test_setting_that_is_not_accepted_is_4(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong value in the environment stops every command that reads settings."""
    monkeypatch.setenv("PORT", "http")
    result = run("return 1")
    assert (result.exit_code, "PORT is 'http'" in result.stderr) == (4, True)


def test_terminal_escapes_of_the_guest_are_spelt_out(run) -> None:
    """What code writes cannot move the operator's cursor or forge another line's colours."""
    result = run("console.log('\\u001b[2Jx\\u009b'); throw new TypeError('\\u001b]0;t\\u0007'); return 1")
    assert "\x1b" not in result.stderr
    assert "\x9b" not in result.stderr
    assert "\\x1b[2Jx\\x9b" in result.stderr


def test_module_runs_as_a_program(bundle) -> None:
    """`python -m host.cli run -` reads the code from standard input, and ends with the exit code."""
    for code, exit_code in ((b"return 1", 0), (b"throw 1; return 1", 1)):
        command = [sys.executable, "-m", "host.cli", "run", "-"]
        done = subprocess.run(command, input=code, cwd=ROOT, capture_output=True, timeout=120, check=False)
        assert done.returncode == exit_code, done.stderr


def test_secrets_that_are_not_there_are_told(run, policies: Path) -> None:
    """The code runs all the same: it is told when it needs one."""
    (policies / "sandbox.yaml").write_text(
        "version: 1\npolicy: sandbox\ngrants:\n  fetch:\n    - name: api\n      hosts: [a.example]\n"
        '      request: {set_headers: {x-token: "${secret:token}"}}\n'
    )
    result = run("return 1", "--policies", str(policies))
    assert (result.exit_code, result.stdout) == (0, "1\n")
    assert "`sandbox` wants the secret `token`, which is not there" in result.stderr
    assert "CELLBLOCK_SECRET_TOKEN" in result.stderr


def test_policies_that_are_not_signed_are_4(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a key is set, no command runs code under policies of anybody else."""
    monkeypatch.setenv("POLICY_PUBLIC_KEY", "A" * 43 + "=")
    result = run("return 1")
    assert result.exit_code == 4
    assert "error[unsigned]" in result.stderr


def test_code_fetches_what_its_policy_grants(run, policies: Path) -> None:
    """From a server on this machine; without a grant it is refused."""

    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_: object) -> None:
            return

    (policies / "online.yaml").write_text(
        "version: 1\npolicy: online\ngrants: {fetch: [{name: here, hosts: [127.0.0.1], ports: any, schemes: [http], "
        "addresses: [127.0.0.0/8]}]}\n"
    )
    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        code = f"return (await fetch('http://127.0.0.1:{server.server_port}/')).text()"
        granted = run(code, "--policies", str(policies), "--policy", "online")
        denied = run(code, "--policies", str(policies))
        server.shutdown()
        thread.join()
    assert (granted.exit_code, granted.stdout) == (0, '"hello"\n')
    assert denied.exit_code == 1
    assert "CapabilityError" in denied.stderr
