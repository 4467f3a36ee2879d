import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

// Builds the package, packs it and looks at the tarball: what is in it, and whether programs that read
// its package.json find what it names.

const repository = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tradestore-package-'));

const NEEDED = [
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/mikro-orm.js',
  'dist/mikro-orm.d.ts',
  'dist/cli.js',
  // error messages point at it
  'docs/accounts.sql',
  'docs/session-variables.md',
];
const ALLOWED =
  /^(?:dist\/(?!src\/|migrations\/)|docs\/|src\/|migrations\/|samples\/|examples\/)|^(?:package\.json|\.env\.example|LICENSE)$|^(?:(?:bench|test)\/)?[A-Z]+\.md$/;
/** A link of Markdown to a file beside the page, without its anchor. */
const LINK = /\]\((?!https?:|#)([^)#\s]+)/g;

function run(program: string, options: string[], capture = false): string {
  const child = spawnSync(program, options, {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
  });
  if (child.status !== 0) {
    throw new Error(`${options.join(' ')} failed`);
  }
  return child.stdout ?? '';
}

function faultsOf(files: ReadonlySet<string>): string[] {
  const samples = globSync('samples/**/*', { cwd: repository, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join('samples', entry.parentPath.split('samples').at(-1) ?? '', entry.name));
  return [
    ...[...NEEDED, ...samples].filter((path) => !files.has(path)).map((path) => `${path} is missing`),
    ...(samples.length === 0 ? ['there are no samples'] : []),
    ...[...files].filter((path) => !ALLOWED.test(path)).map((path) => `${path} does not belong in it`),
    ...[...files].filter((path) => path.endsWith('.map')).flatMap((path) => lostSources(path, files)),
    ...[...files].filter((path) => /^[^/]+\.md$|^docs\/.*\.md$/.test(path)).flatMap((path) => deadLinks(path, files)),
    ...(/'(?:@mikro-orm|kysely|mysql2)/.test(readFileSync(join(repository, 'dist/index.d.ts'), 'utf8'))
      ? ['the declarations of the main entry mention the ORM or the driver']
      : []),
    ...(readFileSync(join(repository, 'dist/cli.js'), 'utf8').startsWith('#!/usr/bin/env node\n')
      ? []
      : ['the command does not begin with #!/usr/bin/env node']),
  ];
}

/** A page that was installed is read where it lies: its links must lead to files that came along. */
function deadLinks(path: string, files: ReadonlySet<string>): string[] {
  const links = [...readFileSync(join(repository, path), 'utf8').matchAll(LINK)].map(([, link = '']) => link);
  return links
    .map((link) => posix.join(dirname(path), link).replace(/\/$/, ''))
    .filter((target) => !files.has(target) && ![...files].some((file) => file.startsWith(`${target}/`)))
    .map((target) => `${path} links to ${target}, which is missing`);
}

/** A source map whose sources are missing is of no use to a debugger or an editor. */
function lostSources(path: string, files: ReadonlySet<string>): string[] {
  const { sources } = JSON.parse(readFileSync(join(repository, path), 'utf8')) as { sources: string[] };
  return sources
    .map((source) => posix.join(dirname(path), source))
    .filter((source) => !files.has(source))
    .map((source) => `${path} leads to ${source}, which is missing`);
}

try {
  run('npm', ['run', '--silent', 'prepack']);
  const pack = ['pack', '--ignore-scripts', '--json', '--silent', '--pack-destination', folder];
  const [packed] = JSON.parse(run('npm', pack, true)) as { filename: string; files: { path: string }[] }[];
  if (packed === undefined) {
    throw new Error('npm pack packed nothing');
  }
  const faults = faultsOf(new Set(packed.files.map(({ path }) => path)));
  console.log([`${packed.filename}: ${packed.files.length} files`, ...faults].join('\n'));
  const tarball = join(folder, packed.filename);
  run('npx', ['publint', 'run', tarball, '--strict']);
  run('npx', ['attw', tarball, '--profile', 'esm-only', '--no-emoji', '--no-color']);
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
