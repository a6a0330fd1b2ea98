"""The blocks with which clients work on spreadsheets: from a server, into one, and row by row."""

import io
from collections.abc import Iterator

import openpyxl
import pytest

from tests.capabilities.fetch.targets import reply
from tests.online import Online

DOWNLOAD_AND_UPLOAD = """
const axios = require('axios');
const XLSX = require('xlsx');
const response = await axios.get(`${u}/orders.xlsx`, { responseType: 'arraybuffer' });
const workbook = XLSX.read(response.data, { type: 'buffer' });
const rows = XLSX.utils.sheet_to_json(workbook.Sheets[workbook.SheetNames[0]]);
const large = rows.filter((row) => row.Amount > 90).map(({ Name, Amount }) => ({ 客户: Name, 金额: Amount * 2 }));
const made = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(made, XLSX.utils.json_to_sheet(large), 'Large');
const buffer = XLSX.write(made, { type: 'buffer', bookType: 'xlsx' });
workbook.close();
const { status } = await axios.put(`${u}/large.xlsx`, buffer);
return { status, count: large.length };
"""

SUM_OF_A_STREAM = """
const xlsx = require('xlsx');
let total = 0;
const buffer = Buffer.from(await (await fetch(`${u}/orders.xlsx`)).arrayBuffer());
const whole = xlsx.readStream(buffer, 'Orders', (row, index) => { total += row.Amount });
const parts = [];
const batches = xlsx.readBatches(buffer, 'Orders', { batchSize: 40 }, (rows, index) => { parts.push(rows.length) });
let coming = 0;
const streamed = await xlsx.readStream(await fetch(`${u}/orders.xlsx`), 'Orders', (row) => { coming += row.Amount });
return { total, whole, batches, parts, same: coming === total, streamed };
"""

WRITE_A_STREAM = """
const stream = require('xlsx').createWriteStream();
stream.addSheet('Data');
stream.writeRow(['id', 'name', 'amount']);
for (let i = 1; i <= 1000; i++) stream.writeRow([i, `客户${i}`, i * 1.5]);
const buffer = stream.finalize();
const { status } = await fetch(`${u}/data.xlsx`, { method: 'PUT', body: buffer });
return [status, Buffer.isBuffer(buffer)];
"""


@pytest.fixture
def sheets(online: Online) -> Iterator[Online]:
    """The server has a workbook."""
    book = openpyxl.Workbook()
    book.active.title = "Orders"
    book.active.append(["Id", "Name", "Amount"])
    for i in range(1, 101):
        book.active.append([i, f"名字{i}", float(i)])
    file = io.BytesIO()
    book.save(file)
    online.target.answers("/orders.xlsx", reply(file.getvalue()))
    return online


def _put(online: Online) -> list[list[object]]:
    """The rows of the workbook that the server got."""
    body = next(seen.body for seen in online.target.seen if seen.method == "PUT")
    sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_a_workbook_is_fetched_filtered_and_sent_on(sheets: Online) -> None:
    """Download, read, rows, a new sheet, write, upload."""
    assert sheets.result(DOWNLOAD_AND_UPLOAD) == {"status": 200, "count": 10}
    assert _put(sheets)[:2] == [["客户", "金额"], ["名字91", 182]]


def test_a_column_is_summed_while_rows_come(sheets: Online) -> None:
    """From a Buffer, in batches, and from the response itself."""
    assert sheets.result(SUM_OF_A_STREAM) == {
        "total": 5050,
        "whole": {"success": True, "rowsProcessed": 100},
        "batches": {"success": True, "totalRows": 100, "totalBatches": 3},
        "parts": [40, 40, 20],
        "same": True,
        "streamed": {"success": True, "rowsProcessed": 100},
    }


def test_a_thousand_rows_are_written_and_sent(sheets: Online) -> None:
    """One after another, as arrays."""
    assert sheets.result(WRITE_A_STREAM) == [200, True]
    rows = _put(sheets)
    assert (len(rows), rows[0], rows[-1]) == (1001, ["id", "name", "amount"], [1000, "客户1000", 1500])
