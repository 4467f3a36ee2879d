import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// Asks the registry for known vulnerabilities in the packages of every lock file. Anything high or critical fails.
// A registry that does not answer is no failure, since that says nothing about the packages.

/** What `npm audit --json` prints: the vulnerabilities, or the reason why there is no answer. */
interface Audit {
  readonly message?: string;
  readonly error?: { readonly summary?: string };
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly name: string; readonly severity: string; readonly range: string }>
  >;
}

const repository = fileURLToPath(new URL('..', import.meta.url));
const REFUSED: ReadonlySet<string> = new Set(['high', 'critical']);
const ANSWER_MS = 60_000;

let refused = 0;
for (const folder of ['.', 'bench']) {
  const { stdout } = spawnSync('npm', ['audit', '--json', '--package-lock-only', '--prefix', folder], {
    cwd: repository,
    encoding: 'utf8',
    timeout: ANSWER_MS,
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'ignore'],
    // npm is a script on Windows, which only a shell runs
    shell: process.platform === 'win32',
  });
  const { message, error, vulnerabilities } = answerOf(stdout);
  if (vulnerabilities === undefined) {
    console.log(`${folder}: NOT audited: ${message || error?.summary || 'npm audit gave no answer'}`);
    continue;
  }
  const found = Object.values(vulnerabilities);
  for (const { name, severity, range } of found) {
    console.log(`${folder}: ${severity}: ${`${name} ${range}`.trim()}; \`npm audit --prefix ${folder}\` says more`);
  }
  const faults = found.filter(({ severity }) => REFUSED.has(severity)).length;
  console.log(`${folder}: audited, ${found.length} packages with known vulnerabilities, ${faults} of them high`);
  refused += faults;
}
process.exitCode = refused === 0 ? 0 : 1;

function answerOf(output: string): Audit {
  try {
    return JSON.parse(output) as Audit;
  } catch {
    return {};
  }
}
