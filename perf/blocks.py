"""The code blocks of the HTTP benchmarks, with their inputs and the results that are right."""

import http.client
from collections import defaultdict
from typing import Any

import msgspec

from perf.load import PATH

ROWS = 200
CITIES = 12
LODASH_CODE = """const _ = require('lodash');
const g = _.groupBy(input.rows, 'city');
return _.orderBy(
  Object.keys(g).map(k => ({city: k, n: g[k].length, total: _.sumBy(g[k], 'amount')})),
  ['total', 'city'], ['desc', 'asc']);"""


class Block(msgspec.Struct, frozen=True):
    name: str
    body: bytes
    expected: Any


class Answer(msgspec.Struct, frozen=True):
    """Of an answer only what the harness looks at."""

    success: bool
    result: Any = None


def answer_problem(port: int, block: Block) -> str:
    """Asks once, and says what is wrong with the answer, or nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", PATH, block.body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        answer = msgspec.json.decode(text, type=Answer)
    except (OSError, http.client.HTTPException, msgspec.MsgspecError) as error:
        return f"no answer that can be read: {error or type(error).__name__}"
    finally:
        connection.close()
    if response.status == 200 and answer.success and answer.result == block.expected:
        return ""
    return f"a wrong answer: {response.status} {text[:200].decode(errors='replace')}"


def _block(name: str, code: str, given: Any, expected: Any) -> Block:
    return Block(name, msgspec.json.encode({"input": given, "code": code}), expected)


def _rows() -> list[dict[str, Any]]:
    """The same rows on every machine: a linear congruential generator with fixed constants."""
    state, rows = 42, []
    for _ in range(ROWS):
        state = (state * 1103515245 + 12345) % 2**31
        rows.append({"city": f"c{(state >> 8) % CITIES}", "amount": (state >> 16) % 1000})
    return rows


def _totals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    amounts: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        amounts[row["city"]].append(row["amount"])
    totals = [{"city": city, "n": len(of_city), "total": sum(of_city)} for city, of_city in amounts.items()]
    return sorted(totals, key=lambda total: (-total["total"], total["city"]))


TRIVIAL = _block("trivial", "return input.a + 1", {"a": 1}, 2)
LODASH = _block("lodash", LODASH_CODE, {"rows": _rows()}, _totals(_rows()))
