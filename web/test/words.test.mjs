// Both languages are complete, say the same things, and say nothing unused.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src', import.meta.url));
const read = async (lang) => JSON.parse(await readFile(join(src, 'i18n', `${lang}.json`), 'utf8'));
const en = await read('en');
const zh = await read('zh');

async function sources(dir) {
  const out = [];
  for (const e of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, e.name);
    if (e.isDirectory()) out.push(...(await sources(path)));
    else if (/\.tsx?$/.test(e.name)) out.push(await readFile(path, 'utf8'));
  }
  return out;
}
const code = (await sources(src)).join('\n');

test('every key has both languages', () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const [lang, words] of Object.entries({ en, zh })) {
    for (const [key, word] of Object.entries(words)) assert.ok(word.trim(), `${lang} ${key} is empty`);
  }
});

test('both languages take the same values', () => {
  const holes = (s) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
  for (const key of Object.keys(en)) assert.deepEqual(holes(zh[key]), holes(en[key]), key);
});

test('Chinese is Chinese, English is English', () => {
  for (const key of Object.keys(en)) {
    assert.doesNotMatch(en[key], /\p{Script=Han}/u, key);
    assert.match(zh[key], /\p{Script=Han}/u, key);
  }
});

test('no key is unused', () => {
  const groups = new Set([...code.matchAll(/name\('(\w+)'/g)].map((m) => m[1]));
  const built = new Set([...code.matchAll(/t\(`(\w+)\.\$\{/g)].map((m) => m[1]));
  for (const key of Object.keys(en)) {
    const group = key.split('.')[0];
    assert.ok(groups.has(group) || built.has(group) || code.includes(`'${key}'`), `${key} is not used`);
  }
});

test('no sentence stands in the code', () => {
  const allowed = ['门神', '切换到中文', '中文'];
  for (const [found] of code.matchAll(/\p{Script=Han}+/gu)) assert.ok(allowed.includes(found), `${found} is not in the dictionary`);
});
