"""Redirects by the Fetch standard (4.4, HTTP-redirect fetch): what the next request is, if there is one. Pure."""

import ada_url
from msgspec import Struct, structs

from host.capabilities.fetch import headers
from host.capabilities.fetch.failure import Failure
from host.capabilities.fetch.wire import Pairs
from host.policy.url import Url, UrlError, parse_url

STATUSES = (301, 302, 303, 307, 308)


class Sent(Struct, frozen=True):
    """A request as far as a redirect changes it."""

    method: str
    url: Url
    headers: Pairs
    has_body: bool


def is_redirect(status: int, response_headers: Pairs) -> bool:
    """Whether a response leads elsewhere."""
    return status in STATUSES and headers.first(response_headers, "location") is not None


def following(sent: Sent, status: int, location: str) -> Sent:
    """The request that `location` wants. Raises Failure where it is no URL that fetch could be asked for."""
    url = _resolve(sent.url, location)
    after = structs.replace(sent, url=url)
    post_as_get = status in (301, 302) and sent.method == "POST"
    if post_as_get or (status == 303 and sent.method not in ("GET", "HEAD")):
        kept = headers.without(sent.headers, headers.BODY_HEADERS)
        after = structs.replace(after, method="GET", headers=kept, has_body=False)
    if origin(url) != origin(sent.url):
        after = structs.replace(after, headers=headers.without(after.headers, headers.CREDENTIALS))
    return after


def origin(url: Url) -> tuple[str, str, int]:
    """Scheme, host and port."""
    return url.scheme, url.host, url.port


def _resolve(base: Url, location: str) -> Url:
    try:
        # Headers are bytes; in a URL they are UTF-8, as other clients read them.
        location = location.encode("latin-1").decode("utf-8", "replace")
        return parse_url(ada_url.URL(location, base.href).href)
    except UrlError as fault:
        raise Failure("", f"The redirect leads to a URL that {fault}") from None
    except (ValueError, UnicodeError):
        raise Failure("", "The redirect leads to no URL") from None
