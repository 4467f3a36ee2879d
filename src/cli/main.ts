#!/usr/bin/env node
import { allowClosedPipe } from './output.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 17)) {
  process.stderr.write(`tradestore: needs Node.js 22.17 or later, and this is ${process.versions.node}; update it\n`);
  process.exitCode = 1;
} else {
  for (const stream of [process.stdout, process.stderr]) {
    allowClosedPipe(stream, () => {
      process.exitCode = 1;
    });
  }
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
