import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Package;
const chapter =
  readFileSync('ARCHITECTURE.md', 'utf8')
    .split(/^## Dependencies.*$/m)[1]
    ?.split(/^## /m)[0] ?? '';
const [forUse = '', forDevelopment = ''] = chapter.split('For development only:');

/** The packages of a table's first column, where the second says what they are for. */
function listed(text: string): string[] {
  return [...text.matchAll(/^\| (`.*?) \| (?=\S)/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

/** The packages of one name, or of a scope: `@scope/*`. */
function named(name: string, packages: readonly string[]): string[] {
  return packages.filter((candidate) =>
    name.endsWith('/*') ? candidate.startsWith(name.slice(0, -1)) : candidate === name,
  );
}

it.each([
  ['what is installed with it', forUse, dependencies],
  ['what is for development', forDevelopment, devDependencies],
])('ARCHITECTURE.md says for each package of %s why it is here, and lists no other', (_what, text, packages) => {
  const names = Object.keys(packages);
  const reasons = listed(text).map((name) => [name, named(name, names)] as const);
  expect(reasons.filter(([, found]) => found.length === 0).map(([name]) => name)).toEqual([]);
  expect(reasons.flatMap(([, found]) => found).sort()).toEqual(names.sort());
});
