"""The points of SM2's curve (GM/T 0003.5), in Python's numbers: no library here has them.

Python's numbers take less time where they are small, so nothing here takes the same time for all secrets. What a
secret is multiplied with is therefore blinded by whoever calls (sm2.py).
"""

from functools import cache

P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
A = P - 3
B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
GX = 0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7
GY = 0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0
BYTES = 32

#: A point as x and y, and one as X, Y and Z with x = X / Z**2 and y = Y / Z**3, where Z is 0 at infinity.
Affine = tuple[int, int]
Jacobian = tuple[int, int, int]
INFINITY: Jacobian = (1, 1, 0)
_WINDOW_BITS = 4


def is_on_curve(x: int, y: int) -> bool:
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x + A) * x - B) % P == 0


def y_of(x: int, odd: int) -> int:
    """The y that goes with x and has this parity. Raises ValueError where there is none."""
    square = ((x * x + A) * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    if x >= P or y * y % P != square:
        raise ValueError("no point of the curve")
    return y if y & 1 == odd else P - y


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    if not z:
        return INFINITY
    zz, yy = z * z % P, y * y % P
    s = 4 * x * yy % P
    m = 3 * (x - zz) * (x + zz) % P
    t = (m * m - 2 * s) % P
    return t, (m * (s - t) - 8 * yy * yy) % P, 2 * y * z % P


def add(one: Jacobian, other: Jacobian) -> Jacobian:
    x1, y1, z1 = one
    x2, y2, z2 = other
    if not z1:
        return other
    if not z2:
        return one
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * zz2 % P, x2 * zz1 % P
    s1, s2 = y1 * zz2 * z2 % P, y2 * zz1 * z1 % P
    if u1 == u2:
        return _double(one) if s1 == s2 else INFINITY
    h, r = u2 - u1, s2 - s1
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, z1 * z2 * h % P


def affine(point: Jacobian) -> Affine:
    """Raises ValueError at infinity."""
    x, y, z = point
    if not z:
        raise ValueError("the point at infinity")
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


def multiply(scalar: int, point: Affine) -> Jacobian:
    """By windows of four bits. The scalar may be larger than the curve's order."""
    table = [INFINITY, (*point, 1)]
    for _ in range(2, 1 << _WINDOW_BITS):
        table.append(add(table[-1], table[1]))
    result = INFINITY
    for shift in range(scalar.bit_length() // _WINDOW_BITS * _WINDOW_BITS, -1, -_WINDOW_BITS):
        for _ in range(_WINDOW_BITS):
            result = _double(result)
        result = add(result, table[scalar >> shift & 15])
    return result


@cache
def _base_table() -> list[list[Jacobian]]:
    """For each window of four bits, the base point times its values."""
    rows, base = [], (GX, GY, 1)
    for _ in range(BYTES * 8 // _WINDOW_BITS):
        row = [INFINITY, base]
        for _ in range(2, 1 << _WINDOW_BITS):
            row.append(add(row[-1], base))
        rows.append(row)
        base = add(row[-1], base)
    return rows


def multiply_base(scalar: int) -> Jacobian:
    """The base point times a scalar below the order."""
    result = INFINITY
    for place, row in enumerate(_base_table()):
        result = add(result, row[scalar >> (_WINDOW_BITS * place) & 15])
    return result
