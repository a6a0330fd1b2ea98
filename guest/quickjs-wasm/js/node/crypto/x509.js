// X509Certificate, read only. The host reads a certificate once and says all there is to say; questions go to it too.
const {
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  JSONParse,
  NumberPrototypeToString,
  ObjectCreate,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeSplit,
  StringPrototypeToUpperCase,
  SymbolFor,
  TypedArrayPrototypeSubarray,
} = primordials;
const { decode } = bindings('bytes');
const { request, text, unpack } = require('node/crypto/host');
const { VIEWS, bufferOf, copyOf, textBytes, viewOf } = require('node/crypto/args');
const { handleOf, keyField } = require('node/crypto/keyobject');
const { described, objectOf, operations } = require('node/crypto/keys');
const { validateBoolean, validateObject, validateString } = require('internal/validators');

const BASE64 = 4;
const LINE = 64;
const NIST = { __proto__: null, prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521', secp224r1: 'P-224' };

const POINT_BYTES = {
  __proto__: null, prime256v1: 65, secp224r1: 57, secp256k1: 65, secp384r1: 97, secp521r1: 133, brainpoolP256r1: 65,
  brainpoolP384r1: 97, brainpoolP512r1: 129, SM2: 65,
};
const BITS = { __proto__: null, secp521r1: 521 };

/** The DER behind a certificate; `undefined` for what is none. */
let derOf;

function ask(what, der, other, name = '', subject = '', wildcards = '', partial = '') {
  return request(operations.ASK_CERTIFICATE, what, der, other, name, subject, wildcards, partial);
}

class X509Certificate {
  #der;
  #facts;
  #publicKey;

  constructor(buffer) {
    const bytes = typeof buffer === 'string' ? textBytes(buffer) : viewOf(buffer, false);
    if (bytes === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'buffer', VIEWS, buffer);
    const { 0: der, 1: facts } = unpack(request(operations.CERTIFICATE, bytes));
    this.#der = copyOf(der);
    this.#facts = JSONParse(text(facts));
  }

  #fact(name) {
    return this.#facts[name] ?? undefined;
  }

  get subject() {
    return this.#fact('subject');
  }

  get subjectAltName() {
    return this.#fact('subjectAltName');
  }

  get issuer() {
    return this.#fact('issuer');
  }

  get issuerCertificate() {
    return this.#fact('issuerCertificate');
  }

  get infoAccess() {
    return this.#fact('infoAccess');
  }

  get validFrom() {
    return this.#fact('validFrom');
  }

  get validTo() {
    return this.#fact('validTo');
  }

  get fingerprint() {
    return this.#fact('fingerprint');
  }

  get fingerprint256() {
    return this.#fact('fingerprint256');
  }

  get fingerprint512() {
    return this.#fact('fingerprint512');
  }

  get keyUsage() {
    const usage = this.#fact('keyUsage');
    return usage === undefined ? undefined : ArrayPrototypeSlice(usage);
  }

  get serialNumber() {
    return this.#fact('serialNumber');
  }

  get ca() {
    return this.#fact('ca');
  }

  get raw() {
    return bufferOf(copyOf(this.#der));
  }

  get publicKey() {
    return (this.#publicKey ??= objectOf(described(ask('key', this.#der))));
  }

  toString() {
    const body = decode(this.#der, 0, undefined, BASE64, false);
    let pem = '-----BEGIN CERTIFICATE-----\n';
    for (let at = 0; at < body.length; at += LINE) pem += StringPrototypeSlice(body, at, at + LINE) + '\n';
    return pem + '-----END CERTIFICATE-----\n';
  }

  toJSON() {
    return this.toString();
  }

  checkHost(name, options) {
    validateString(name, 'name');
    const flags = checkFlags(options);
    return matched(ask('host', this.#der, undefined, name, flags.subject, flags.wildcards, flags.partial));
  }

  checkEmail(email, options) {
    validateString(email, 'email');
    return matched(ask('email', this.#der, undefined, email, checkFlags(options).subject));
  }

  checkIP(ip) {
    validateString(ip, 'ip');
    return matched(ask('ip', this.#der, undefined, ip));
  }

  checkIssued(otherCert) {
    const der = derOf(otherCert);
    if (der === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'otherCert', 'X509Certificate', otherCert);
    return ask('issued', this.#der, der)[0] === 1;
  }

  checkPrivateKey(pkey) {
    return ask('certifies', this.#der, keyField(expected(pkey, 'private')))[0] === 1;
  }

  verify(pkey) {
    return ask('verify', this.#der, keyField(expected(pkey, 'public')))[0] === 1;
  }

  toLegacyObject() {
    return legacy(this);
  }

  [SymbolFor('nodejs.util.inspect.custom')](depth, options, inspect) {
    const { subject, subjectAltName, issuer, infoAccess, validFrom, validTo } = this;
    const { fingerprint, fingerprint256, fingerprint512, keyUsage, serialNumber } = this;
    const shown = {
      subject, subjectAltName, issuer, infoAccess, validFrom, validTo, fingerprint, fingerprint256, fingerprint512,
      keyUsage, serialNumber,
    };
    return 'X509Certificate ' + inspect(shown, options);
  }

  static {
    derOf = (value) => (typeof value === 'object' && value !== null && #der in value ? value.#der : undefined);
  }
}

/** A key of a type, as Node checks it. */
function expected(pkey, type) {
  const handle = handleOf(pkey);
  if (handle === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'pkey', 'KeyObject', pkey);
  if (handle.type !== type) throw nodeError('ERR_INVALID_ARG_VALUE', 'pkey', pkey);
  return handle;
}

/** The name that matches, or undefined. */
function matched(answer) {
  const { 0: name } = unpack(answer);
  return name === undefined ? undefined : text(name);
}

function checkFlags(options = { __proto__: null }) {
  validateObject(options, 'options');
  const {
    subject = 'default', wildcards = true, partialWildcards = true, multiLabelWildcards = false,
    singleLabelSubdomains = false,
  } = options;
  validateString(subject, 'options.subject');
  validateBoolean(wildcards, 'options.wildcards');
  validateBoolean(partialWildcards, 'options.partialWildcards');
  validateBoolean(multiLabelWildcards, 'options.multiLabelWildcards');
  validateBoolean(singleLabelSubdomains, 'options.singleLabelSubdomains');
  if (subject !== 'default' && subject !== 'always' && subject !== 'never') {
    throw nodeError('ERR_INVALID_ARG_VALUE', 'options.subject', subject);
  }
  const partial = (partialWildcards ? 'p' : '') + (multiLabelWildcards ? 'm' : '') + (singleLabelSubdomains ? 's' : '');
  return { __proto__: null, subject, wildcards: wildcards ? '1' : '0', partial };
}

/** `KEY=value` lines as an object; what is there several times is an array. */
function partsOf(lines, separator) {
  const parts = ObjectCreate(null);
  const each = StringPrototypeSplit(lines, '\n');
  for (let i = 0; i < each.length; i++) {
    const at = StringPrototypeIndexOf(each[i], separator);
    if (at < 0) continue;
    const key = StringPrototypeSlice(each[i], 0, at);
    const value = unescaped(StringPrototypeSlice(each[i], at + 1));
    if (parts[key] === undefined) parts[key] = value;
    else if (typeof parts[key] === 'string') parts[key] = [parts[key], value];
    else ArrayPrototypePush(parts[key], value);
  }
  return parts;
}

function unescaped(value) {
  let plain = '';
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '\\') i++;
    plain += value[i] ?? '';
  }
  return plain;
}

/** Access methods and where they lead, each in a list. */
function accessOf(lines) {
  const access = ObjectCreate(null);
  const each = StringPrototypeSplit(lines, '\n');
  for (let i = 0; i < each.length; i++) {
    const at = StringPrototypeIndexOf(each[i], ':');
    if (at < 0) continue;
    const key = StringPrototypeSlice(each[i], 0, at);
    ArrayPrototypePush((access[key] ??= []), StringPrototypeSlice(each[i], at + 1));
  }
  return access;
}

/** The object that tls's getPeerCertificate gave before there was this class. */
function legacy(certificate) {
  const old = { subject: partsOf(certificate.subject, '='), issuer: partsOf(certificate.issuer, '=') };
  if (certificate.subjectAltName !== undefined) old.subjectaltname = certificate.subjectAltName;
  if (certificate.infoAccess !== undefined) old.infoAccess = accessOf(certificate.infoAccess);
  old.ca = certificate.ca;
  const key = certificate.publicKey;
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'rsa') {
    const { n } = key.export({ format: 'jwk' });
    old.modulus = StringPrototypeToUpperCase(decode(textBytes(n, 'base64url'), 0, undefined, 6, false));
    old.bits = details.modulusLength;
    old.exponent = '0x' + NumberPrototypeToString(primordials.Number(details.publicExponent), 16);
    old.pubkey = key.export({ format: 'der', type: 'spki' });
  } else if (key.asymmetricKeyType === 'ec') {
    const der = key.export({ format: 'der', type: 'spki' });
    const size = POINT_BYTES[details.namedCurve];
    old.bits = BITS[details.namedCurve] ?? (size - 1) * 4;
    old.pubkey = bufferOf(copyOf(TypedArrayPrototypeSubarray(der, der.length - size)));
    old.asn1Curve = details.namedCurve;
    if (NIST[details.namedCurve] !== undefined) old.nistCurve = NIST[details.namedCurve];
  }
  old.valid_from = certificate.validFrom;
  old.valid_to = certificate.validTo;
  old.fingerprint = certificate.fingerprint;
  old.fingerprint256 = certificate.fingerprint256;
  old.fingerprint512 = certificate.fingerprint512;
  if (certificate.keyUsage !== undefined) old.ext_key_usage = certificate.keyUsage;
  old.serialNumber = certificate.serialNumber;
  old.raw = certificate.raw;
  return old;
}

module.exports = { X509Certificate };
