"""Connecting: to an address that was judged, with TLS for the name that was asked for."""

import asyncio
import ssl
from collections.abc import Sequence

import certifi
from msgspec import Struct

from host.capabilities.fetch import failure
from host.capabilities.fetch.stream import Stream

#: Where a name has several addresses, each but the last is given so long.
_FIRST_TRIES_S = 2.0
#: How long a connection that is closed waits for the other side to close TLS; it is an open file for so long.
_GOODBYE_S = 1.0
_ALPN = ["h2", "http/1.1"]


class Endpoint(Struct, frozen=True):
    """Where a request goes: what its URL says. `host` has no brackets."""

    scheme: str
    host: str
    port: int
    authority: str
    """As it stands in `Host`."""


class Dialled(Struct, frozen=True):
    """An open connection."""

    stream: Stream
    address: str
    http2: bool


async def dial(endpoint: Endpoint, addresses: Sequence[str], tls: ssl.SSLContext | None) -> Dialled:
    """Connects to the first of the judged `addresses` that answers; `tls` is None for http. Raises Failure."""
    last = len(addresses) - 1
    for number, address in enumerate(addresses):
        try:
            async with asyncio.timeout(_FIRST_TRIES_S if number < last else None):
                stream = await _connect(endpoint, address, tls)
            break
        except ssl.SSLError as error:
            raise failure.of_connecting(endpoint.authority, error) from error
        except (OSError, TimeoutError) as error:
            if number == last:
                raise failure.of_connecting(endpoint.authority, error) from error
    ssl_object = stream.get_extra_info("ssl_object")
    return Dialled(stream, address, ssl_object is not None and ssl_object.selected_alpn_protocol() == "h2")


async def _connect(endpoint: Endpoint, address: str, tls: ssl.SSLContext | None) -> Stream:
    """`address` is an IP address: nothing is resolved here."""
    loop = asyncio.get_running_loop()
    secured = {}
    if tls is not None:
        secured = {"ssl": tls, "server_hostname": endpoint.host, "ssl_shutdown_timeout": _GOODBYE_S}
    _, stream = await loop.create_connection(Stream, address, endpoint.port, **secured)
    return stream


def make_tls() -> ssl.SSLContext:
    """TLS as all requests have it: certificates and names verified, by the machine's authorities (OpenSSL's
    SSL_CERT_FILE and SSL_CERT_DIR can name others), or by Mozilla's where it has none."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if paths.cafile is None and paths.capath is None:
        context.load_verify_locations(certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(_ALPN)
    return context
