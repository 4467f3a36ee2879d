import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { breaches, REPOSITORY_RULES, SOURCE_RULES } from './words.ts';

const sources = globSync('{src,migrations}/**/*.ts');
const everything = [
  ...globSync('{src,migrations,test,scripts,examples,bench,docs,.github,.ci}/**/*', {
    withFileTypes: true,
    // what bench installs and generates for its contenders
    exclude: (entry) => entry.name === 'node_modules' || entry.name === 'generated',
  })
    .filter((entry) => entry.isFile() && /\.(?:ts|mjs|js|sql|ya?ml|sh|md)$|^run$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`),
  ...globSync('*.{ts,md,yaml}'),
];

describe('the sources', () => {
  it.each(SOURCE_RULES)('$name', (rule) => {
    expect(sources.flatMap((path) => breaches(rule, path, readFileSync(path, 'utf8')))).toEqual([]);
    expect(breaches(rule, 'src/analysis/gaps.ts', rule.broken)).toEqual(['src/analysis/gaps.ts:1']);
  });
});

describe('the repository', () => {
  it.each(REPOSITORY_RULES)('$name', (rule) => {
    expect(everything.flatMap((path) => breaches(rule, path, readFileSync(path, 'utf8')))).toEqual([]);
    expect(breaches(rule, 'src/analysis/gaps.ts', rule.broken)).toEqual(['src/analysis/gaps.ts:1']);
  });

  it('locks packages by what they are, not by where they were fetched', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { resolved?: string }>;
    };

    expect(Object.keys(packages).filter((path) => packages[path]?.resolved !== undefined)).toEqual([]);
  });

  it('asks for exact versions', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const versions = Object.entries({ ...dependencies, ...devDependencies });

    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});
