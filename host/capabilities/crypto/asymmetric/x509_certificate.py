"""Certificates (RFC 5280), read only: what Node's X509Certificate says of one."""

import hashlib
import ipaddress

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID, NameOID

from host.capabilities.crypto.asymmetric import pem
from host.capabilities.crypto.asymmetric.der import DerError, Reader
from host.capabilities.crypto.asymmetric.faults import bad_der, unsupported
from host.capabilities.crypto.failure import ossl

_VERSION = 0xA0
CERTIFICATE_BYTES_MAX = 64 * 1024
_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
#: What OpenSSL calls the parts of a name.
_SHORT = {
    NameOID.COUNTRY_NAME: "C", NameOID.STATE_OR_PROVINCE_NAME: "ST", NameOID.LOCALITY_NAME: "L",
    NameOID.ORGANIZATION_NAME: "O", NameOID.ORGANIZATIONAL_UNIT_NAME: "OU", NameOID.COMMON_NAME: "CN",
    NameOID.EMAIL_ADDRESS: "emailAddress", NameOID.SERIAL_NUMBER: "serialNumber", NameOID.SURNAME: "SN",
    NameOID.GIVEN_NAME: "GN", NameOID.TITLE: "title", NameOID.INITIALS: "initials", NameOID.PSEUDONYM: "pseudonym",
    NameOID.DN_QUALIFIER: "dnQualifier", NameOID.GENERATION_QUALIFIER: "generationQualifier",
    NameOID.DOMAIN_COMPONENT: "DC", NameOID.USER_ID: "UID", NameOID.STREET_ADDRESS: "street",
    NameOID.POSTAL_CODE: "postalCode", NameOID.BUSINESS_CATEGORY: "businessCategory",
    NameOID.JURISDICTION_COUNTRY_NAME: "jurisdictionC", NameOID.JURISDICTION_LOCALITY_NAME: "jurisdictionL",
    NameOID.JURISDICTION_STATE_OR_PROVINCE_NAME: "jurisdictionST",
    NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
}  # fmt: skip
_ACCESS = {
    AuthorityInformationAccessOID.OCSP: "OCSP",
    AuthorityInformationAccessOID.CA_ISSUERS: "CA Issuers",
}
#: What the library raises for a certificate that is none, now or when a part of it is looked at.
BAD_CERTIFICATE = (
    *(ValueError, TypeError, OverflowError, UnsupportedAlgorithm),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def load(content: bytes) -> x509.Certificate:
    """A certificate of PEM or DER. Raises Failure."""
    if len(content) > CERTIFICATE_BYTES_MAX:
        raise unsupported()
    der = next((block.body for block in pem.read_blocks(content) if block.label in _LABELS), None)
    try:
        _check_serial(content if der is None else der)
        certificate = x509.load_der_x509_certificate(content if der is None else der)
        list(certificate.extensions)
    except BAD_CERTIFICATE:
        if der is not None:
            raise bad_der("wrong tag") from None
        if b"-----BEGIN " in content:
            raise ossl("ERR_OSSL_PEM_BAD_END_LINE", "04800066", "PEM routines", "bad end line") from None
        raise ossl("ERR_OSSL_PEM_NO_START_LINE", "0480006C", "PEM routines", "no start line") from None
    return certificate


def _check_serial(der: bytes) -> None:
    """Raises DerError where the number is not positive (RFC 5280, 4.1.2.2), which the library only warns of."""
    inner = Reader(der).inside().inside()
    if inner.peek() == _VERSION:
        inner.skip()
    if inner.integer() == 0:
        raise DerError


def facts(certificate: x509.Certificate, der: bytes) -> dict[str, object]:
    """What there is to say, by the names of Node's properties; `der` is the certificate again."""
    return {
        "subject": name_lines(certificate.subject),
        "issuer": name_lines(certificate.issuer),
        "subjectAltName": _alternative_names(certificate),
        "infoAccess": _info_access(certificate),
        "validFrom": _date(certificate.not_valid_before_utc),
        "validTo": _date(certificate.not_valid_after_utc),
        "fingerprint": _fingerprint("sha1", der),
        "fingerprint256": _fingerprint("sha256", der),
        "fingerprint512": _fingerprint("sha512", der),
        "serialNumber": _serial(certificate.serial_number),
        "keyUsage": _extended_usage(certificate),
        "ca": _is_authority(certificate),
    }


def _serial(number: int) -> str:
    """In whole bytes, as OpenSSL writes numbers."""
    digits = f"{number:X}"
    return digits if len(digits) % 2 == 0 else "0" + digits


def name_lines(name: x509.Name) -> str:
    """A line for each part, in the order of the certificate."""
    return "\n".join(
        "+".join(f"{_SHORT.get(part.oid, part.oid.dotted_string)}={_escaped(_value(part))}" for part in relative)
        for relative in name.rdns
    )


def _value(part: x509.NameAttribute) -> str:
    return part.value if isinstance(part.value, str) else part.value.decode("latin-1")


def _escaped(value: str) -> str:
    """As RFC 2253 has it for control characters; the rest as it is."""
    return "".join(char if ord(char) >= 32 and char not in '\\+,"<>;' else _escape(char) for char in value)


def _escape(char: str) -> str:
    return f"\\{ord(char):02X}" if ord(char) < 32 else f"\\{char}"


def _extension(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> object | None:
    try:
        return certificate.extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return None


def alternative_names(certificate: x509.Certificate) -> list[x509.GeneralName]:
    names = _extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    return [] if names is None else list(names)


def _alternative_names(certificate: x509.Certificate) -> str | None:
    if _extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME) is None:
        return None
    return ", ".join(_general_name(name) for name in alternative_names(certificate))


def _general_name(name: x509.GeneralName) -> str:
    match name:
        case x509.DNSName():
            return "DNS:" + _quoted(name.value)
        case x509.RFC822Name():
            return "email:" + _quoted(name.value)
        case x509.UniformResourceIdentifier():
            return "URI:" + _quoted(name.value)
        case x509.IPAddress():
            return "IP Address:" + _address(name.value)
        case x509.RegisteredID():
            return "Registered ID:" + name.value.dotted_string
        case x509.DirectoryName():
            return "DirName:" + _quoted(name_lines(name.value).replace("\n", ","))
    return "othername:<unsupported>"


def _quoted(value: str) -> str:
    """As JSON where it could be taken for the next name, which Node does since CVE-2021-44532."""
    if any(char in ",'\"\\" or not 32 <= ord(char) < 127 for char in value):
        escaped = "".join(
            f"\\{char}" if char in '"\\' else char if 32 <= ord(char) < 127 and char != "," else f"\\u{ord(char):04x}"
            for char in value
        )
        return f'"{escaped}"'
    return value


def _address(address: object) -> str:
    if isinstance(address, ipaddress.IPv6Address):
        return ":".join(f"{int(group, 16):X}" for group in address.exploded.split(":"))
    return str(address)


def _info_access(certificate: x509.Certificate) -> str | None:
    access = _extension(certificate, ExtensionOID.AUTHORITY_INFORMATION_ACCESS)
    if access is None:
        return None
    return "\n".join(
        f"{_ACCESS.get(each.access_method, each.access_method.dotted_string)} - {_general_name(each.access_location)}"
        for each in access
    )


def _extended_usage(certificate: x509.Certificate) -> list[str] | None:
    usage = _extension(certificate, ExtensionOID.EXTENDED_KEY_USAGE)
    return None if usage is None else [each.dotted_string for each in usage]


def _is_authority(certificate: x509.Certificate) -> bool:
    constraints = _extension(certificate, ExtensionOID.BASIC_CONSTRAINTS)
    usage = _extension(certificate, ExtensionOID.KEY_USAGE)
    return constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)


def _date(moment: object) -> str:
    """As ASN1_TIME_print has it: `Nov  1 08:00:00 2026 GMT`."""
    return f"{_MONTHS[moment.month - 1]} {moment.day:2d} {moment:%H:%M:%S} {moment.year} GMT"


def _fingerprint(digest: str, der: bytes) -> str:
    return hashlib.new(digest, der, usedforsecurity=False).digest().hex(":").upper()


def is_signed_by(certificate: x509.Certificate, public: object) -> bool:
    """Whether the signature is the key's. The names, the dates and what the key is for are not looked at."""
    signature, signed, digest = certificate.signature, certificate.tbs_certificate_bytes, None
    try:
        digest = certificate.signature_hash_algorithm
        if isinstance(public, rsa.RSAPublicKey):
            parameters = certificate.signature_algorithm_parameters
            if not isinstance(parameters, (padding.PKCS1v15, padding.PSS)):
                return False
            public.verify(signature, signed, parameters, digest)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, signed, ec.ECDSA(digest))
        elif isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def signature_algorithm(certificate: x509.Certificate) -> str:
    """How it is signed, in the policy's words. Raises Failure for what none of them is."""
    try:
        parameters = certificate.signature_algorithm_parameters
        digest = certificate.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        raise unsupported() from None
    if digest is None:
        return "ed25519"
    if isinstance(parameters, padding.PSS):
        return f"rsa-pss-{digest.name}"
    return f"{'rsa' if isinstance(parameters, padding.PKCS1v15) else 'ecdsa'}-{digest.name}"


def may_be_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """By the names, the identifiers of keys, and what the issuer's key may be used for (RFC 5280, 6.1), as OpenSSL
    asks. The signature is not looked at."""
    if certificate.issuer != issuer.subject:
        return False
    wanted = _extension(certificate, ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    has = _extension(issuer, ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    if None not in (wanted, has) and wanted.key_identifier not in (None, has.digest):
        return False
    usage = _extension(issuer, ExtensionOID.KEY_USAGE)
    return usage is None or usage.key_cert_sign
