"""Whom a certificate is for: hosts (RFC 6125), e-mail addresses and IP addresses, as OpenSSL compares them."""

import ipaddress

from cryptography import x509
from cryptography.x509.oid import NameOID
from msgspec import Struct

from host.capabilities.crypto.asymmetric.x509_certificate import alternative_names


class Rules(Struct, frozen=True):
    """How wildcards count: at all, as a part of a label, for several labels; and whether `.domain` means one label."""

    wildcards: bool
    partial: bool
    many_labels: bool
    one_label: bool


def matching_host(certificate: x509.Certificate, host: str, subject: str, rules: Rules) -> str | None:
    """The name in the certificate that covers the host. The subject counts `always`, `never`, or by `default` where
    there is no alternative name of the sort."""
    names = [name.value for name in alternative_names(certificate) if isinstance(name, x509.DNSName)]
    candidates = names + _common_names(certificate, NameOID.COMMON_NAME, subject, bool(names))
    wanted = host.lower()
    for name in candidates:
        if _host_matches(name.lower(), wanted, rules):
            return name
    return None


def _common_names(
    certificate: x509.Certificate, oid: x509.ObjectIdentifier, subject: str, has_names: bool
) -> list[str]:
    if subject == "never" or (has_names and subject != "always"):
        return []
    return [each.value for each in certificate.subject.get_attributes_for_oid(oid) if isinstance(each.value, str)]


def _host_matches(name: str, host: str, rules: Rules) -> bool:
    if name == host:
        return True
    if host.startswith("."):
        # Asks for any name below a domain.
        before = name.removesuffix(host)
        return name.endswith(host) and before != "" and not (rules.one_label and "." in before)
    first, dot, rest = name.partition(".")
    if not rules.wildcards or "*" not in first or "*" in rest or not dot or "." not in rest:
        return False
    if first != "*" and (not rules.partial or first.count("*") != 1 or first.startswith("xn--")):
        return False
    if rules.many_labels and first == "*":
        return host.endswith("." + rest) and not host.startswith("." + rest)
    label, _, others = host.partition(".")
    before, _, after = first.partition("*")
    if others != rest or not label or len(label) < len(before) + len(after):
        return False
    if label.startswith("xn--") and first != "*":
        return False
    return label.startswith(before) and label.endswith(after)


def matching_email(certificate: x509.Certificate, email: str, subject: str) -> str | None:
    """Compared as it stands before the @, and in any case behind it."""
    names = [name.value for name in alternative_names(certificate) if isinstance(name, x509.RFC822Name)]
    for name in names + _common_names(certificate, NameOID.EMAIL_ADDRESS, subject, bool(names)):
        if _email_key(name) == _email_key(email):
            return email
    return None


def _email_key(email: str) -> tuple[str, str]:
    local, _, domain = email.rpartition("@")
    return local, domain.lower()


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def matching_ip(certificate: x509.Certificate, address: str) -> str | None:
    """The address, where the certificate has it."""
    wanted = ipaddress.ip_address(address)
    names = (name.value for name in alternative_names(certificate) if isinstance(name, x509.IPAddress))
    return address if any(name == wanted for name in names) else None
