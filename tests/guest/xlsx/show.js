const shown = (wb) => [wb.SheetNames, wb.SheetNames.map((name) => {
  const sheet = wb.Sheets[name];
  return [sheet['!ref'], sheet['!merges'] ?? [], Object.keys(sheet).filter((key) => key[0] !== '!').sort().map((key) => {
    const { t, v, w, f } = sheet[key];
    return [key, t, v, w, f];
  })];
})];
const utils = (wb) => wb.SheetNames.map((name) => {
  const ws = wb.Sheets[name], u = xlsx.utils;
  return [u.sheet_to_json(ws), u.sheet_to_json(ws, { header: 1, raw: false }), u.sheet_to_csv(ws), u.sheet_to_formulae(ws)];
});
