"""How a request can fail, in the codes and words of Node's fetch; foreign errors become these here and nowhere else.

    Failure
    ├── invalid        the URL, the method, a header or a body's length is none
    ├── network        the name, the connection, TLS, the protocol
    ├── timed out      to connect, for headers, between pieces, in all
    └── too large      headers, body, ratio, all bytes of an execution

What the policy does not allow is no failure but a Refusal.
"""

import errno
import socket
import ssl

import h2.exceptions
import h11
import httpcore2

_ERRNO = {
    errno.ECONNREFUSED: "ECONNREFUSED",
    errno.ECONNRESET: "ECONNRESET",
    errno.EHOSTUNREACH: "EHOSTUNREACH",
    errno.ENETUNREACH: "ENETUNREACH",
    errno.ETIMEDOUT: "ETIMEDOUT",
    errno.EPIPE: "EPIPE",
    errno.EADDRNOTAVAIL: "EADDRNOTAVAIL",
    errno.EACCES: "EACCES",
}
#: OpenSSL's numbers for why a certificate was not taken (X509_V_ERR_…), as Node calls them.
_CERTIFICATE = {
    2: "UNABLE_TO_GET_ISSUER_CERT",
    7: "CERT_SIGNATURE_FAILURE",
    9: "CERT_NOT_YET_VALID",
    10: "CERT_HAS_EXPIRED",
    18: "DEPTH_ZERO_SELF_SIGNED_CERT",
    19: "SELF_SIGNED_CERT_IN_CHAIN",
    20: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    21: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    23: "CERT_REVOKED",
    24: "INVALID_CA",
    26: "INVALID_PURPOSE",
    62: "ERR_TLS_CERT_ALTNAME_INVALID",
    64: "ERR_TLS_CERT_ALTNAME_INVALID",
}
_NOT_FOUND = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME), socket.EAI_FAMILY}

#: What a connection of httpcore2 raises for what the other side does; ValueError for a status that is no number.
CONNECTION_ERRORS = (
    httpcore2.ProtocolError,
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    h11.ProtocolError,
    h2.exceptions.H2Error,
    OSError,
    ValueError,
)


class Failure(Exception):
    """A request failed. `code` and `name` are those of the error that Node gives as the cause."""

    def __init__(self, code: str, message: str, name: str = "Error") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.name = name


def invalid_url(why: str) -> Failure:
    return Failure("ERR_INVALID_URL", f"The URL {why}", "TypeError")


def invalid_argument(message: str) -> Failure:
    return Failure("ERR_INVALID_ARG_VALUE", message, "TypeError")


def aborted() -> Failure:
    return Failure("ABORT_ERR", "This operation was aborted", "AbortError")


def too_large(message: str) -> Failure:
    return Failure("UND_ERR_RES_EXCEEDED_MAX_SIZE", message, "ResponseExceededMaxSizeError")


def headers_too_large(most: int, rule: str) -> Failure:
    message = f"Headers Overflow Error: the rule `{rule}` allows {most} bytes of headers"
    return Failure("UND_ERR_HEADERS_OVERFLOW", message, "HeadersOverflowError")


def connect_timeout(authority: str, milliseconds: int) -> Failure:
    message = f"Connect Timeout Error (attempted: {authority}, timeout: {milliseconds}ms)"
    return Failure("UND_ERR_CONNECT_TIMEOUT", message, "ConnectTimeoutError")


def headers_timeout(what: str) -> Failure:
    return Failure("UND_ERR_HEADERS_TIMEOUT", f"Headers Timeout Error ({what})", "HeadersTimeoutError")


def body_timeout(what: str) -> Failure:
    return Failure("UND_ERR_BODY_TIMEOUT", f"Body Timeout Error ({what})", "BodyTimeoutError")


def other_side_closed() -> Failure:
    return Failure("UND_ERR_SOCKET", "other side closed", "SocketError")


def length_mismatch() -> Failure:
    return Failure(
        "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
        "Request body length does not match content-length header",
        "RequestContentLengthMismatchError",
    )


def of_resolving(host: str, error: Exception) -> Failure:
    """What getaddrinfo raised."""
    again = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
    code = "EAI_AGAIN" if again else "ENOTFOUND"
    return Failure(code, f"getaddrinfo {code} {host}")


def of_connecting(authority: str, error: OSError) -> Failure:
    """What connecting, or setting TLS up, raised."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code = _CERTIFICATE.get(error.verify_code, "CERT_UNTRUSTED")
        return Failure(code, f"{error.verify_message} ({authority})")
    if isinstance(error, ssl.SSLError):
        return Failure("EPROTO", f"TLS with {authority} could not be set up: {_ssl_reason(error)}")
    code = _ERRNO.get(error.errno or 0, "ECONNRESET")
    return Failure(code, f"connect {code} {authority}")


def of_exchange(error: Exception, stage: str) -> Failure:
    """What sending or receiving raised. `stage` is `headers` or `body`."""
    cause = error.args[0] if error.args else None
    if isinstance(error, httpcore2.TimeoutException):
        return body_timeout("nothing moved for too long")
    if isinstance(cause, OSError) and cause.errno in _ERRNO:
        return Failure(_ERRNO[cause.errno], f"read {_ERRNO[cause.errno]}")
    if isinstance(error, httpcore2.NetworkError) or str(error).startswith(("Server disconnected", "peer closed")):
        return other_side_closed()
    if stage == "headers" and isinstance(cause, h11.RemoteProtocolError):
        return Failure("HPE_INVALID_CONSTANT", "Response does not match the HTTP/1.1 protocol", "HTTPParserError")
    return Failure("UND_ERR_SOCKET", "The other side broke the protocol", "SocketError")


def is_overflow(error: Exception) -> bool:
    """Whether h11 gave up on headers that were too long (it would answer 431, were it a server)."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, h11.RemoteProtocolError) and cause.error_status_hint == 431


def _ssl_reason(error: ssl.SSLError) -> str:
    """OpenSSL's reason in its own words, such as `wrong version number`."""
    return (error.reason or "the handshake failed").lower().replace("_", " ")
