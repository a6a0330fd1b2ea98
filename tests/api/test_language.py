"""Messages in Simplified Chinese for readers who ask for it."""

import ast
import re
from pathlib import Path

import pytest

from host.api.language import wants_chinese
from host.api.messages_zh import MESSAGES
from tests.api.client import Client

ROOT = Path(__file__).parents[2]
#: Who makes the messages that clients see. What only an operator sees is in English.
SOURCES = sorted(path for room in ("api", "execution") for path in (ROOT / "host" / room).glob("*.py"))
RAISED = {
    "ValidationError",
    "TooLargeError",
    "KeyReuseError",
    "AuthenticationError",
    "CancelledError",
    "NotFoundError",
    "PolicyError",
    "ConcurrencyError",
    "StillRunningError",
    "RateLimitError",
    "UnavailableError",
}


@pytest.mark.parametrize(
    "wanted", ["zh", "zh-CN", "zh-Hans-CN,zh;q=0.9,en;q=0.8", "ZH", "en;q=0.5, zh", "fr;q=0.1,zh;q=0.2"]
)
def test_chinese_is_wanted(wanted: str) -> None:
    """Chinese in any spelling, where it is liked best."""
    assert wants_chinese(wanted.encode())


@pytest.mark.parametrize(
    "wanted", ["", "en", "en,zh", "zh;q=0", "zh;q=0.1,en", "*", "zhx", "x-zh", "zh;q=x", ",;,", "zh;q=9"]
)
def test_chinese_is_not_wanted(wanted: str) -> None:
    """Another language first, or a header that makes no sense."""
    assert not wants_chinese(wanted.encode())


def test_message_and_hint_of_the_host_are_translated(client: Client) -> None:
    """What the host writes before, during and about an execution."""
    answer = client.post(b'{"cod": 1}', accept_language="zh-CN")
    assert (answer.error["message"], answer.error["hint"]) == ("没有字段 `cod`", "是否想写 `code`？")
    answer = client.post(b'{"code": "return require(\'fs\')"}', accept_language="zh")
    assert answer.error["message"] == "代码块不能使用模块“fs”"
    assert client.request("GET", "/nothing", headers={"accept-language": "zh"}).error["message"] == "该路径不存在"


@pytest.mark.parametrize(
    "message", ["The body is empty", "The code has 1 bytes; the limit is {}", "{0.__class__}", "nobody is home"]
)
def test_message_of_the_guest_stays(client: Client, message: str) -> None:
    """A TypeError with a text of ours is the guest's own, and braces in a text mean nothing."""
    code = f"throw new TypeError({message!r}); return 1"
    answer = client.post(f'{{"code": "{code}"}}'.encode(), accept_language="zh")
    assert (answer.status, answer.error["message"]) == (400, message)


def test_every_message_of_the_host_has_a_translation() -> None:
    """A message that is added or changed in the source is added or changed in the table too."""
    engines_own = {"Maximum call stack size exceeded"}
    missing = {text for source in SOURCES for text in messages_of(source)} - set(MESSAGES) - engines_own
    assert not missing


def test_every_translation_is_of_a_message() -> None:
    """What stands in the table is written somewhere."""
    files = [*(ROOT / "host").rglob("*.py"), *(ROOT / "guest").rglob("c/*.c"), *(ROOT / "guest").rglob("js/**/*.js")]
    source = "".join(path.read_text() for path in files if path.name != "messages_zh.py")
    source = re.sub(r'"\s*\n\s*f?"', "", source)
    for english in MESSAGES:
        longest = max(english.format(*["\0"] * 9).split("\0"), key=len)
        assert longest in source, english


def test_translations_have_the_places_of_their_templates() -> None:
    """As many `{}` in the Chinese as in the English."""
    for english, chinese in MESSAGES.items():
        assert english.count("{}") == chinese.count("{}")


def messages_of(path: Path) -> set[str]:
    """The messages and hints of the errors and failures that a file makes, with `{}` for what varies."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            texts = node.args[1:] if name in ("Failure", "Refusal") else node.args if name in RAISED else []
            texts += [
                keyword.value for keyword in node.keywords if keyword.arg == "hint" and name in {*RAISED, "Failure"}
            ]
            found |= {template(text) for text in texts}
    return found - {None, ""}


def template(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)
        case _:
            return None
