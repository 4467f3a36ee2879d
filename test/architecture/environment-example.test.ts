import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { DEBUG_VARIABLE, ENVIRONMENT } from '../../src/config/environment.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import { withEnvironment } from '../../src/config/with-environment.ts';

const lines = readFileSync('.env.example', 'utf8').split('\n');
const examples = new Map(
  lines.flatMap((line) => {
    const [, name, value] = /^#?([A-Z][A-Z_]*)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value] as const];
  }),
);
const variables = [...Object.values(ENVIRONMENT).map(({ variable }) => variable), DEBUG_VARIABLE];
const SERVER = { DB_HOST: 'db.example', DB_NAME: 'market', DB_USER: 'collector' };

it('lists every variable, and no other', () => {
  expect([...examples.keys()].sort()).toEqual([...variables].sort());
});

it('gives the default of each variable', () => {
  const { DB_PORT: port, ...others } = Object.fromEntries(examples);

  expect(settingsOf(others)).toEqual(settingsOf({}));
  expect(settingsOf({ ...SERVER, DB_PORT: port })).toEqual(settingsOf(SERVER));
  expect(lines.filter((line) => /^#[A-Z_]+=$/.test(line)).map((line) => line.slice(1, -1))).toEqual(
    lines.flatMap((line, index) => (/Default: (?:none|true for)/.test(line) ? [nameBelow(index)] : [])),
  );
});

it('explains each variable in the lines above it, with the unit of a time', () => {
  for (const [name] of examples) {
    const index = lines.findIndex((line) => line.startsWith(`#${name}=`));
    expect(lines[index - 1]).toMatch(/^# .*\.$/);
    expect(name.endsWith('_MS')).toBe(/milliseconds/.test(lines[index - 1] ?? ''));
  }
});

function settingsOf(environment: Record<string, string | undefined>) {
  return resolveSettings('test', withEnvironment(environment));
}

function nameBelow(index: number): string | undefined {
  return lines
    .slice(index)
    .find((line) => /^#[A-Z_]+=/.test(line))
    ?.replace(/^#|=.*$/g, '');
}
