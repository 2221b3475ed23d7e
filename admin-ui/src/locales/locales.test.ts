import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import en from './en';
import zh from './zh';
import zhSettings from './zh_settings';

type Texts = { [key: string]: string | Texts };

function flat(texts: Texts, prefix = ''): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === 'string') all.set(prefix + key, value);
    else for (const [name, text] of flat(value, `${prefix}${key}.`)) all.set(name, text);
  }
  return all;
}

const english = flat(en);
const chinese = flat(zh);

test('the same keys in both languages', () => {
  expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
});

test('the same places to fill in, and none that vue-i18n reads as its own syntax', () => {
  const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [key, text] of english) {
    expect(places(chinese.get(key)!), key).toEqual(places(text));
    expect(text + chinese.get(key), key).not.toMatch(/[@|]/);
    expect(text.trim(), key).not.toBe('');
  }
});

/** All sources but the tests and the texts themselves. */
function sources(): string {
  const root = fileURLToPath(new URL('..', import.meta.url));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(vue|ts)$/.test(name) && !/\.test\.ts$|^locales/.test(name))
    .map((name) => readFileSync(path.join(root, name), 'utf8'))
    .join('\n');
}

test('every key that a page names is there, and every text is used', () => {
  const text = sources();
  const named = new Set([...text.matchAll(/\b(?:t|te)\(\s*['`]([\w.]+)['`]/g)].map((m) => m[1]!));
  for (const key of named) expect(english.has(key), key).toBe(true);
  // Made up of a beginning and a variable: t(`page.${name}`).
  const begins = [...text.matchAll(/['`]([\w.]+[._])\$\{/g)].map((m) => m[1]!);
  const literals = new Set([...text.matchAll(/['`]([a-z]+\.\w+)['`]/g)].map((m) => m[1]!));
  for (const key of english.keys()) {
    const used = named.has(key) || literals.has(key) || begins.some((part) => key.startsWith(part));
    expect(used, `${key} is not used`).toBe(true);
  }
});

// Made from the table of the settings; `make check` sees to that. LP_SOURCE: make builds the
// console on a copy elsewhere.
const source = process.env.LP_SOURCE ?? fileURLToPath(new URL('../../..', import.meta.url));
const sample = readFileSync(path.join(source, 'deploy/light-push.conf.sample'), 'utf8');

test('a text in Chinese for every setting and group that there is, and for no other', () => {
  const found = (pattern: RegExp) => [...sample.matchAll(pattern)].map((m) => m[1]!).sort();
  expect(Object.keys(zhSettings.help).sort()).toEqual(found(/^#(\w+) =/gm));
  expect(Object.keys(zhSettings.groups).sort()).toEqual(found(/^### (.+) ###$/gm));
  for (const [name, text] of Object.entries(zhSettings.help))
    expect(text, name).toMatch(/\p{Script=Han}.*。$/u);
});

test('the texts in Chinese are of the texts in English as they are now', async () => {
  const texts = [...sample.matchAll(/^((?:# .+\n)+)#(\w+) =/gm)].map(([, help, name]) => {
    const words = help!.replace(/^# /gm, '').replaceAll('\n', ' ').trim();
    return `${name}: ${words.replace(/ A value is .*/, '')}`; // its range needs no translation
  });
  expect(texts.length).toBe(Object.keys(zhSettings.help).length);
  // When they differ: look at zh_settings.ts, then `npm test -- -u`.
  await expect(`${texts.join('\n')}\n`).toMatchFileSnapshot('zh_settings.english.txt');
});
