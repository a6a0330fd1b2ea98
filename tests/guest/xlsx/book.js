const { utils } = xlsx, wb = utils.book_new();
const ws = utils.json_to_sheet([{ 名: '张三', amount: 1.5, ok: true, when: new Date(Date.UTC(2024, 0, 15)) },
  { 名: '=1+1', amount: -7, ok: false, when: null }]);
ws.E2 = { t: 'n', v: -5.5, f: 'B2+B3' };
ws.E3 = { t: 'n', v: 0.256, z: '0.0%' };
ws.E4 = { t: 'e', v: 42, w: '#N/A' };
ws['!ref'] = 'A1:E4';
ws['!cols'] = [{ wch: 30 }, , { hidden: true }];
ws['!merges'] = [{ s: { r: 5, c: 0 }, e: { r: 6, c: 1 } }];
ws['!freeze'] = 'A2';
ws.A1.s = { font: { bold: true, color: { rgb: 'FF0000' } }, fill: { fgColor: { rgb: 'FFFFFF00' } }, alignment: { horizontal: 'center' } };
utils.book_append_sheet(wb, ws, '表 1');
utils.book_append_sheet(wb, utils.aoa_to_sheet([[1, 'two', true]]), 'hidden');
utils.book_set_sheet_visibility(wb, 1, 1);
