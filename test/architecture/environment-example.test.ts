import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { DOCS, envExample } from '../../scripts/architecture/option-docs.ts';
import { leavesOf } from '../../src/config/option.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import { VARIABLES, withEnvironment } from '../../src/config/with-environment.ts';

const example = readFileSync('.env.example', 'utf8');
const examples = new Map(
  [...example.matchAll(/^#([A-Z][A-Z_]*)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
);
const SERVER = { DB_HOST: 'db.example', DB_NAME: 'market', DB_USER: 'collector' };

it('is what `npm run env-example` writes', () => {
  expect(example).toBe(envExample());
});

it('lists every variable, and no other', () => {
  expect([...examples.keys()].sort()).toEqual([...VARIABLES.keys()].sort());
});

it('gives the default of each variable', () => {
  const { DB_PORT: port, ...others } = Object.fromEntries(examples);

  expect(settingsOf(others)).toEqual(settingsOf({}));
  expect(settingsOf({ ...SERVER, DB_PORT: port })).toEqual(settingsOf(SERVER));
});

it('explains each variable in the lines above it, with the unit of a time', () => {
  for (const [, text = '', name = ''] of example.matchAll(/((?:^# .*\n)+)#([A-Z_]+)=/gm)) {
    expect(text).toMatch(/^# [\s\S]+\.\n$/);
    expect([name, /milliseconds/.test(text)]).toEqual([name, name.endsWith('_MS')]);
  }
});

it('has the defaults that the comments of the options show in an editor', () => {
  const names = leavesOf(OPTIONS).map(({ path }) => path.replace(/^.*\./, ''));
  const inBudgets = ['attempts', 'baseDelayMs', 'maxDelayMs', 'maxElapsedMs'];

  // the comments are found by these names alone
  expect(names.filter((name, index) => names.indexOf(name) !== index && !inBudgets.includes(name))).toEqual([]);
  for (const { path, option } of leavesOf(OPTIONS)) {
    const name = path.replace(/^.*\./, '');
    const docs = DOCS.get(name);
    expect([path, docs?.text]).toEqual([path, expect.stringMatching(/\w/)]);
    const literal = typeof option.default === 'string' ? `'${option.default}'` : JSON.stringify(option.default);
    if (literal !== undefined && !inBudgets.includes(name)) {
      expect([path, docs?.default]).toEqual([path, literal]);
    }
  }
  for (const name of ['contention', 'outage'] as const) {
    const defaults = Object.entries(OPTIONS.retry.fields[name].fields).map(([field, option]) => [
      field,
      option.default,
    ]);
    const literal = JSON.stringify(Object.fromEntries(defaults))
      .replace(/"(\w+)":/g, ' $1: ')
      .replace('}', ' }');
    expect(DOCS.get(name)?.default).toBe(literal.replaceAll(',', ', ').replace(/ {2,}/g, ' '));
  }
});

function settingsOf(environment: Record<string, string | undefined>) {
  return resolveSettings('test', withEnvironment(environment));
}
