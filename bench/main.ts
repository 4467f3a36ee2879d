import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchOn } from './bench-on.ts';
import { installPackages } from './install.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { participants } from './participants.ts';
import type { RunResult } from './report/result.ts';
import { gridsOf } from './report/rows.ts';
import { sayAbout } from './report/say.ts';
import { terminalTable } from './report/terminal.ts';
import { writeResults } from './report/write-results.ts';

async function main(options: Options): Promise<void> {
  installPackages();
  const { contestants, notInstalled } = participants(options);
  const folder = mkdtempSync(join(tmpdir(), 'tradestore-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  // servers and contenders end with this process, whichever way it ends
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  for (const server of options.servers) {
    sayAbout(server);
    const result = await benchOn(server, { ...options, contestants, notInstalled, folder });
    process.stdout.write(`\n${server} ${result.serverVersion}\n${gridsOf(result).map(terminalTable).join('\n')}\n`);
    writeResults(result, options.complete);
    if (failed(result)) {
      process.exitCode = 1;
    }
  }
}

function failed({ works, special, targets }: RunResult): boolean {
  return (
    targets.some(({ verdict }) => verdict === 'MISSED') ||
    works.some(({ errors }) => Object.keys(errors).length > 0) ||
    special.some(({ error }) => error !== undefined)
  );
}

const options = readOptions(process.argv.slice(2));
if (options === undefined) {
  process.stdout.write(HELP);
} else {
  await main(options);
}
