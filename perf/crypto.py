"""crypto against node's own: what is small and computed in the guest, what is large, and keys."""

from statistics import median

from perf import ours
from perf.modules import Case, Ratio, case_ratio, in_guest
from perf.options import Options
from perf.report import Report, Table, Target

NAME = "crypto"
SUMMARY = "hashes, HMAC, AES and RSA against node, small and of a megabyte"
ROUNDS = 7
SMALL_US_MAX = 10

_GIVEN = (
    "const crypto = require('crypto'), text = 'a'.repeat(100), big = Buffer.alloc(2 ** 20, 7);"
    "const key = Buffer.alloc(32, 1), iv = Buffer.alloc(12, 2), iv16 = Buffer.alloc(16, 2);"
    "const seal = (data) => { const it = crypto.createCipheriv('aes-256-gcm', key, iv); it.update(data); it.final(); "
    "return it.getAuthTag() };"
)
_PAIR = _GIVEN + "const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });"
_SMALL = Case("sha256 of 100 bytes", 20, _GIVEN, "crypto.createHash('sha256').update(text).digest('hex')", 5000)
#: With the bound of each; those without one are told and not promised.
CASES = (
    _SMALL,
    Case("HMAC-SHA256 of 100 bytes", 20, _GIVEN, "crypto.createHmac('sha256', key).update(text).digest('hex')", 3000),
    Case("sha256 of 1 MB", 1.5, _GIVEN, "crypto.createHash('sha256').update(big).digest('hex')", 20),
    Case("sha512 of 1 MB", 1.5, _GIVEN, "crypto.createHash('sha512').update(big).digest('hex')", 20),
    Case("AES-256-GCM of 100 bytes", 40, _GIVEN, "seal(text)", 500),
    Case("AES-256-GCM of 1 MB", 3, _GIVEN, "seal(big)", 20),
    Case("AES-256-CBC of 1 MB", 3, _GIVEN, "crypto.createCipheriv('aes-256-cbc', key, iv16).update(big)", 20),
    Case("PBKDF2-SHA256, 20,000 rounds", 3, _GIVEN, "crypto.pbkdf2Sync('p', 's', 20000, 32, 'sha256')", 5),
    Case("RSA-2048 sign", 2, _PAIR, "crypto.sign('sha256', text, pair.privateKey)", 50),
    Case("RSA-2048 key pair", 2, _GIVEN, "crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })", 12),
)


def run(options: Options) -> Report:
    ours.open_runtime()
    rounds = options.rounds_or(ROUNDS)
    ratios = {case.name: case_ratio(case, rounds) for case in CASES}
    small_us = median(in_guest(_SMALL) * 1000 / _SMALL.times for _ in range(rounds))
    targets = [Target(case.name, case.bound, _median(ratios[case.name])) for case in CASES]
    targets.append(Target(f"{_SMALL.name}, each", SMALL_US_MAX, small_us, "µs"))
    rows = [(name, str(each)) for name, each in ratios.items()]
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[Table("Against node", ("what", "cellblock ÷ node"), rows)],
        targets=targets,
        notes=["Each side times itself inside, after one repetition that is not counted.",
               "How long a key pair takes is a matter of luck: twelve for each round, and wide spans all the same."],
        samples={"small_us": small_us},
    )  # fmt: skip


def _median(ratio: Ratio | str) -> float | None:
    return None if isinstance(ratio, str) else ratio.median
