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
  let said = false;
  allowClosedPipe(process.stdout, (error) => {
    // every further write fails too, and the first one says why
    if (!said) {
      said = true;
      writeLine(process.stderr, `tradestore: cannot write the result: ${error.message}`);
    }
    process.exitCode = 1;
  });
  allowClosedPipe(process.stderr, () => {
    process.exitCode = 1;
  });
  // the next start finds what this one has compiled: half of the time until anything is done
  module.enableCompileCache();
  // loaded only now: an older Node.js would fail in the middle of it
  const { run } = await import('./run.ts');
  const exitCode = await run(process.argv.slice(2), {
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    exit: (code) => process.exit(code),
  });
  // not process.exit(): what was written to a pipe must get through first
  process.exitCode ||= exitCode;
}
