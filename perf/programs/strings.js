// expects: {"digits":148890,"hosts":17,"length":1056032,"digest":1355620625}
//
// String building and regular expressions.
const words = ['order', 'invoice', 'mail', 'total', 'city', 'amount'];
let text = '';
for (let i = 0; i < 32000; i++) {
  text += `${words[i % words.length]}-${i}@host${i % 17}.example;`;
}
let digits = 0;
const hosts = {};
for (const match of text.matchAll(/([a-z]+)-(\d+)@(host\d+)\.example;/g)) {
  digits += match[2].length;
  hosts[match[3]] = (hosts[match[3]] ?? 0) + 1;
}
const masked = text.replace(/\d+@/g, (part) => '#'.repeat(part.length - 1) + '@');
const parts = masked.split(';').map((part) => part.toUpperCase().padStart(32, '.').trim());
const joined = parts.join('|');
let digest = 0;
for (let i = 0; i < joined.length; i++) digest = (Math.imul(digest, 31) + joined.charCodeAt(i)) | 0;
return { digits, hosts: Object.keys(hosts).length, length: joined.length, digest };
