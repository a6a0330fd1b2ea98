"""From the bytes of a request to what is to be executed. Strict: whatever can be read in two ways is refused."""

import binascii
import difflib
import re
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import UNSET

from host.api.auth import Caller
from host.api.wire import DuplicateField, ExecuteRequest, decode_request, refuse_duplicates
from host.errors import ValidationError
from host.execution.request import ExecutionRequest
from host.policy.model import Policy

_FIELDS = ExecuteRequest.__struct_encode_fields__
_JSON = b"application/json"
_ONCE = (b"authorization", b"host", b"content-type", b"content-length", b"content-encoding", b"idempotency-key")
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_AT_FIELD = re.compile(r"(.*) - at `\$\.(\w+)`")
_NOUNS = {
    "str": "a string", "int": "a whole number", "bool": "true or false", "float": "a number", "null": "null",
    "object": "an object", "array": "an array",
}  # fmt: skip
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_SHOWN_CHARS = 64


def read_headers(listed: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers by name. Raises ValidationError where one that counts here stands twice."""
    listed = list(listed)
    headers = dict(listed)
    if len(headers) != len(listed):
        for name in _ONCE:
            if sum(name == each for each, _ in listed) > 1:
                raise ValidationError(f"The header {name.decode()} stands twice", "Send it once.")
    return headers


def check_content(headers: Mapping[bytes, bytes]) -> None:
    """Raises ValidationError where the body is not said to be plain JSON."""
    content_type = headers.get(b"content-type", b"")
    if content_type != _JSON and not _is_json(content_type):
        raise ValidationError(
            "The Content-Type is not application/json", "Send `Content-Type: application/json`, in UTF-8."
        )
    if b"content-encoding" in headers:
        raise ValidationError("The body has a Content-Encoding", "Send the body as it is.")


def _is_json(content_type: bytes) -> bool:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(b";"))
    known = (b"charset=utf-8", b'charset="utf-8"', b"")
    return media_type == _JSON and all(parameter in known for parameter in parameters)


def read_request(body: bytes) -> ExecuteRequest:
    """The request that `body` holds. Raises ValidationError."""
    try:
        # The decoder does not look into the text of `input`, so that it is looked at here: 0.03 µs for each KB.
        if not body.isascii():
            body.decode()
        request = decode_request(body)
        refuse_duplicates(body)
    except UnicodeDecodeError as error:
        raise ValidationError(f"The body is not UTF-8 at byte {error.start}", "Send JSON in UTF-8.") from None
    except RecursionError:
        raise ValidationError("The input is nested too deeply", "Send a flatter input.") from None
    except DuplicateField as duplicate:
        raise ValidationError(f"The field `{duplicate.args[0]}` stands twice", "Send each field once.") from None
    except msgspec.ValidationError as error:
        raise _wrong_field(str(error)) from None
    except msgspec.DecodeError as error:
        raise _not_json(body, str(error)) from None
    return request


def to_execution(request: ExecuteRequest, policy: Policy, caller: Caller, execution_id: str) -> ExecutionRequest:
    """What is to be executed. Raises ValidationError. The code's and the input's sizes are the executor's to check."""
    if request.record:
        raise ValidationError("Recording is not available", "Leave out `record`.")
    if request.seed is not UNSET and policy.language.random != "seeded":
        raise ValidationError(
            f"The policy `{policy.name}` takes no seed", "Leave out `seed`, or use a policy that has `random: seeded`."
        )
    return ExecutionRequest(
        _code(request),
        b"{}" if request.input is UNSET else bytes(request.input),
        policy,
        caller.name,
        caller.quota,
        None if request.timeout_ms is UNSET else request.timeout_ms,
        None if request.seed is UNSET else request.seed,
        execution_id,
        shows_places=caller.operator,
    )


def _code(request: ExecuteRequest) -> bytes:
    given = [text for text in (request.code, request.codebase64, request.code_base64) if text is not UNSET]
    if not given:
        raise ValidationError("There is none of `code` and `codebase64`", "Send exactly one of them.")
    if len(given) > 1:
        raise ValidationError("There is more than one of `code` and `codebase64`", "Send exactly one of them.")
    code = request.code.encode() if request.code is not UNSET else _from_base64(given[0])
    if not code.strip():
        raise ValidationError("The code is empty", "Send the body of a JavaScript function, which uses `return`.")
    return code


def _from_base64(text: str) -> bytes:
    """The source. Either alphabet but not both, padding whole or none, and no other spelling of the same bytes."""
    try:
        data = text.encode("ascii")
        if b"-" in data or b"_" in data:
            if b"+" in data or b"/" in data:
                raise ValueError
            data = data.translate(_URL_SAFE)
        padded = data if data.endswith(b"=") else data + b"=" * (-len(data) % 4)
        code = binascii.a2b_base64(padded, strict_mode=True)
        if binascii.b2a_base64(code, newline=False) != padded:
            raise ValueError
    except ValueError:
        raise ValidationError(
            "`codebase64` is not base64", "Use the standard or the URL-safe alphabet, without blanks or line breaks."
        ) from None
    try:
        code.decode()
    except UnicodeDecodeError as error:
        raise ValidationError(
            f"The code is not UTF-8 at byte {error.start}", "Encode the source as UTF-8, then as base64."
        ) from None
    return code


def _wrong_field(message: str) -> ValidationError:
    """msgspec's message without its types of Python."""
    if unknown := _UNKNOWN_FIELD.match(message):
        name = unknown[1]
        near = difflib.get_close_matches(name, _FIELDS, 1)
        hint = f"Did you mean `{near[0]}`?" if near else f"The fields are {', '.join(_FIELDS)}."
        return ValidationError(f"There is no field `{name[:_SHOWN_CHARS]}`", hint)
    if at_field := _AT_FIELD.match(message):
        return ValidationError(f"The field `{at_field[2]}` is wrong: {_plain(at_field[1])}")
    return ValidationError(f"The body is wrong: {_plain(message)}", "Send a JSON object.")


def _plain(message: str) -> str:
    words = re.sub(r"`(\w+)`", lambda match: _NOUNS.get(match[1], match[1]), message)
    return words[:1].lower() + words[1:]


def _not_json(body: bytes, message: str) -> ValidationError:
    if not body:
        return ValidationError("The body is empty", "Send a JSON object.")
    reason = "it ends too early" if "truncated" in message else message.removeprefix("JSON is malformed: ")
    return ValidationError(f"The body is not JSON: {reason}", "Send a JSON object, in UTF-8 and without a BOM.")
