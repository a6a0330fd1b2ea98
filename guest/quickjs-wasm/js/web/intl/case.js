// Upper and lower case in Turkish, Azeri and Lithuanian.
const dot = '\u0307';

function convert(text, language, upper, plainly) {
  if (language === 'tr' || language === 'az') {
    if (upper) return plainly(text.replaceAll('i', 'İ'));
    return plainly(text.replaceAll('İ', 'i').replaceAll('I' + dot, 'i').replaceAll('I', 'ı'));
  }
  if (language === 'lt') {
    if (upper) return plainly(text.replace(/([ijį])\u0307/g, '$1'));
    const kept = text.replace(/([IJĮ])(?=[\u0300\u0301\u0303])/g, (letter) => plainly(letter) + dot);
    return plainly(kept.replaceAll('Ì', 'i̇̀').replaceAll('Í', 'i̇́').replaceAll('Ĩ', 'i̇̃'));
  }
  return plainly(text);
}

module.exports = { convert };
