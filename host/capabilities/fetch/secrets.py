"""What a rule puts on a request after it was decided on: headers, query parameters, basic authentication."""

import base64
import re
from collections.abc import Callable
from urllib.parse import quote, unquote_plus

from msgspec import Struct

from host.capabilities.base import Refusal
from host.capabilities.fetch.wire import Pairs
from host.policy.grants.model import FetchGrant, RequestRules
from host.policy.secrets import Literal, Template

_NOT_IN_A_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class PutOn(Struct, frozen=True):
    """What goes on, with its secrets in place. It never comes near a guest."""

    headers: Pairs = []
    query: Pairs = []

    def target(self, target: str) -> str:
        """A request's target with the parameters: those of the same name that it had are gone."""
        if not self.query:
            return target
        path, _, query = target.partition("?")
        names = {name for name, _ in self.query}
        kept = [part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]) not in names]
        added = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in self.query]
        return f"{path}?{'&'.join(kept + added)}"


NOTHING = PutOn()


def put_on(rule: FetchGrant, scheme: str, secret: Callable[[str], bytes]) -> PutOn:
    """What `rule` puts on a request. Without https only what holds no secret, unless the rule says otherwise. Raises
    Refusal where a secret is missing or cannot be sent."""
    request = rule.request
    if not (request.set_headers or request.set_query or request.basic_auth):
        return NOTHING
    secretive = scheme == "https" or request.secrets_over_http

    def fill(pairs: tuple[tuple[str, Template], ...]) -> Pairs:
        return [(name, _fill(template, secret)) for name, template in pairs if secretive or not template.secrets]

    headers = fill(request.set_headers)
    if request.basic_auth is not None and secretive:
        headers = [pair for pair in headers if pair[0] != "authorization"]
        headers.append(("authorization", _basic(request, secret)))
    return PutOn(headers, fill(request.set_query))


def _basic(request: RequestRules, secret: Callable[[str], bytes]) -> str:
    """RFC 7617, with UTF-8."""
    username, password = (_fill(each, secret) for each in (request.basic_auth.username, request.basic_auth.password))
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _fill(template: Template, secret: Callable[[str], bytes]) -> str:
    return "".join(
        part.text if isinstance(part, Literal) else text_of(secret(part.name), part.name) for part in template.parts
    )


def text_of(value: bytes, name: str) -> str:
    """A secret as text. Raises Refusal where it is none."""
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        text = "\0"
    if _NOT_IN_A_HEADER.search(text) or not text:
        raise Refusal("CapabilityError", f"The secret `{name}` is no line of text, and cannot be sent")
    return text
