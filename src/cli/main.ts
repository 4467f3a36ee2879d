#!/usr/bin/env node
import module from 'node:module';
import { faultOfNode } from '../config/node-version.ts';
import { hideSqliteWarning } from './hide-sqlite-warning.ts';
import { allowClosedPipe, writeLine } from './output.ts';

const fault = faultOfNode(process.versions.node);

if (fault !== undefined) {
  process.stderr.write(`tradestore: ${fault}\n`);
  process.exitCode = 1;
} else {
  hideSqliteWarning(process);
  let reported = false;
  allowClosedPipe(process.stdout, (error) => {
    // every later write fails too; the first error gives the reason
    if (!reported) {
      reported = true;
      writeLine(process.stderr, `tradestore: cannot write the result: ${error.message}`);
    }
    process.exitCode = 1;
  });
  allowClosedPipe(process.stderr, () => {
    process.exitCode = 1;
  });
  // the next start reuses what this one has compiled, which saves half of the time
  module.enableCompileCache();
  // loaded only now, since an older Node.js would fail while loading it
  const { run } = await import('./run.ts');
  const exitCode = await run(process.argv.slice(2), {
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    exit: (code) => process.exit(code),
  });
  // not process.exit(), which would lose what is still on its way to a pipe
  process.exitCode ||= exitCode;
}
