"""X509Certificate: what node says of a certificate, whom it is for, who signed it; and what is no certificate."""
# ruff: noqa: E501 - lines of JavaScript

import datetime
import ipaddress
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tests.granted import OPEN, crypto_policy
from tests.guest.asymmetric import TELL
from tests.guest.node import needs_node, node_result
from tests.harness import Guests


def _name(*parts: tuple) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _certify(
    key: object, subject: x509.Name, issuer: x509.Name, signer: object, digest: object, *extensions: tuple
) -> dict:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(0x0A1B2C3D4E)
        .not_valid_before(datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2055, 12, 31, 23, 59, 59, tzinfo=datetime.UTC))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return {
        "pem": builder.sign(signer, digest).public_bytes(Encoding.PEM).decode(),
        "key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }


@cache
def certificates() -> dict[str, dict]:
    """An authority, one that it signed with everything in it, and a plain one that signed itself; with their keys."""
    root, leaf, plain = (
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
    )
    by = _name(
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, 'Tést, "Org" <x>'),
        (NameOID.COMMON_NAME, "ca+root=1;"),
    )
    to = _name((NameOID.COMMON_NAME, "www.example.com"), (NameOID.EMAIL_ADDRESS, "a@b.c"))
    alone = _name((NameOID.COMMON_NAME, "plain.example.org"), (NameOID.EMAIL_ADDRESS, "me@example.org"))
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    names = x509.SubjectAlternativeName([
        *(x509.DNSName(name) for name in ("*.example.com", "f*.foo.com", "evil, DNS:x", "Deep.Name.example.net")),
        x509.IPAddress(ipaddress.ip_address("1.2.3.4")), x509.IPAddress(ipaddress.ip_address("2001:db8::1")), x509.RFC822Name("joe@Example.com"),
        x509.UniformResourceIdentifier("https://x/y"), x509.RegisteredID(ObjectIdentifier("1.2.3.4")), x509.DirectoryName(_name((NameOID.COMMON_NAME, "dir"))),
    ])  # fmt: skip
    access = [
        x509.AccessDescription(oid, x509.UniformResourceIdentifier(uri))
        for oid, uri in (
            (AuthorityInformationAccessOID.OCSP, "http://ocsp.x"),
            (AuthorityInformationAccessOID.CA_ISSUERS, "http://ca.x"),
        )
    ]
    return {
        "root": _certify(root, by, by, root, SHA256(), (x509.BasicConstraints(True, None), True), (usage, True), (x509.SubjectKeyIdentifier.from_public_key(root.public_key()), False)),
        "leaf": _certify(leaf, to, by, root, SHA384(), (x509.BasicConstraints(False, None), True), (names, False), (x509.AuthorityInformationAccess(access), False),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False), (x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), False)),
        "plain": _certify(plain, alone, alone, plain, None),
    }  # fmt: skip


ASK = (
    TELL
    + """
const own = {}; for (const [name, { pem, key }] of Object.entries(input)) own[name] = { cert: new crypto.X509Certificate(pem), key: crypto.createPrivateKey(key) };
const { root, leaf, plain } = own, properties = ['subject', 'issuer', 'subjectAltName', 'infoAccess', 'validFrom', 'validTo', 'fingerprint', 'fingerprint256', 'fingerprint512', 'serialNumber', 'keyUsage', 'ca', 'issuerCertificate'];
const flags = [undefined, { wildcards: false }, { subject: 'always' }, { subject: 'never' }, { partialWildcards: false }, { multiLabelWildcards: true }, { singleLabelSubdomains: true }], made = (text) => new crypto.X509Certificate(text);
const hosts = ['www.example.com', 'a.b.example.com', 'example.com', 'WWW.EXAMPLE.COM', 'foo.foo.com', 'bar.foo.com', 'f.foo.com', '', 'x', 'xn--a.example.com', '.example.com', 'deep.name.example.net', '.name.example.net', '*.example.com', 'plain.example.org'];
const pem = leaf.cert.toString(), tries = [
  ...Object.values(own).flatMap(({ cert }) => [...properties.map((name) => () => cert[name] ?? null), () => cert.publicKey.asymmetricKeyType, () => cert.publicKey.export({ type: 'spki', format: 'pem' }), () => cert.raw, () => String(cert) + cert.toJSON(), () => JSON.stringify(cert.toLegacyObject())]),
  ...hosts.flatMap((host) => flags.flatMap((options) => [leaf, plain].map(({ cert }) => () => cert.checkHost(host, options)))),
  ...['joe@example.com', 'Joe@example.com', 'a@b.c', 'me@EXAMPLE.org', 'x'].flatMap((email) => [undefined, { subject: 'always' }, { subject: 'never' }].flatMap((options) => [leaf, plain].map(({ cert }) => () => cert.checkEmail(email, options)))),
  ...['1.2.3.4', '1.2.3.5', '2001:db8::1', '2001:DB8:0::1', '::1', 'x', '', '1.2.3', 5].map((ip) => () => leaf.cert.checkIP(ip)),
  ...Object.values(own).flatMap((one) => Object.values(own).flatMap((other) => [() => one.cert.verify(other.cert.publicKey), () => one.cert.checkIssued(other.cert), () => one.cert.checkPrivateKey(other.key)])),
  () => made('x'), () => made(5), () => made(''), () => made(Buffer.from([0x30, 3, 1])), () => made('-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n'), () => made(leaf.cert.raw.subarray(0, 100)), () => made(pem.slice(0, 200)), () => made('text before\\n' + pem) instanceof crypto.X509Certificate,
  () => leaf.cert.verify(5), () => leaf.cert.checkHost(5), () => leaf.cert.checkHost('x', 5), () => leaf.cert.checkHost('x', { subject: 'z' }), () => leaf.cert.checkHost('x', { wildcards: 1 }), () => leaf.cert.checkIssued(5), () => leaf.cert.checkPrivateKey(5), () => crypto.createPublicKey(pem).asymmetricKeyType, () => require('util').inspect(leaf.cert),
];
return tries.map((call, at) => [[at, String(call).slice(0, 90)], tell(call)])
"""
)


@needs_node
def test_what_is_said_of_certificates_is_what_node_says(guests: Guests) -> None:
    """Each property and its legacy form; hosts, addresses and e-mail addresses under every flag; issuers; bad input."""
    got, expected = guests.result(ASK, certificates(), policy=OPEN), node_result(ASK, certificates())
    assert len(got) == len(expected) > 300
    wrong = [(mine, theirs[1]) for mine, theirs in zip(got, expected, strict=True) if mine != theirs]
    assert not wrong, wrong[:6]


def test_cut_and_changed_certificates_are_errors_or_certificates(guests: Guests) -> None:
    """At every byte: nothing of it is a fault of the host's."""
    code = (
        TELL
        + """
    const told = new Set();
    for (const { pem } of Object.values(input)) {
      const raw = new crypto.X509Certificate(pem).raw;
      for (let at = 0; at < raw.length; at += 2) for (const bytes of [raw.subarray(0, at), Buffer.from(raw)]) {
        if (bytes.length === raw.length) bytes[at] ^= 1 << (at >> 1 & 7);
        try { const cert = new crypto.X509Certificate(bytes); cert.checkHost('x.y'); cert.publicKey } catch (error) { told.add(error.code) }
      }
    }
    return [...told].sort()"""
    )
    told = guests.result(code, certificates(), policy=OPEN)
    assert set(told) <= {
        "ERR_OSSL_PEM_NO_START_LINE",
        "ERR_OSSL_UNSUPPORTED",
        "ERR_OSSL_ASN1_WRONG_TAG",
        "ERR_CRYPTO_INVALID_KEYLEN",
        "ERR_OSSL_ASN1_TOO_LONG",
    }
    assert "ERR_OSSL_PEM_NO_START_LINE" in told


def test_who_signed_a_certificate_is_for_the_policy_to_grant(guests: Guests) -> None:
    """Reading one needs no grant; verifying its signature does, and the error names the algorithm."""
    code = (
        TELL
        + """
    const root = new crypto.X509Certificate(input.root.pem), leaf = new crypto.X509Certificate(input.leaf.pem);
    return [root.subject.length, tell(() => leaf.verify(root.publicKey)), tell(() => root.verify(root.publicKey))]"""
    )
    length, denied, granted = guests.result(code, certificates(), policy=crypto_policy(verify=("rsa-sha256",)))
    assert (length > 0, granted) == (True, True)
    assert "verify rsa-sha384" in denied[0]
