import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

/** Runs the check against a registry that answers in this way. */
async function check(status: number, answer: object): Promise<{ code: number; output: string }> {
  const registry = createServer((request, response) => {
    request.resume().on('end', () => {
      // npm goes on to ask for a package's versions, and does without where there is no answer
      const asked = request.method === 'POST' ? status : 404;
      response.writeHead(asked, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  const { port } = registry.address() as AddressInfo;
  const cache = await mkdtemp(join(tmpdir(), 'tradestore-npm-'));
  const env = {
    ...process.env,
    npm_config_registry: `http://127.0.0.1:${port}/`,
    npm_config_fetch_retries: '0',
    npm_config_cache: cache,
  };
  try {
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', 'scripts/check-audit.ts'],
        { env },
        (error, output) => resolve({ code: Number(error?.code ?? 0), output }),
      );
    });
  } finally {
    registry.closeAllConnections();
    registry.close();
    await rm(cache, { recursive: true });
  }
}

function advisory(severity: string): object {
  return {
    mysql2: [{ id: 1, url: 'https://advisory.example/1', title: 'a', severity, vulnerable_versions: '>=3.0.0' }],
  };
}

it('fails on what is known to be highly vulnerable, in the package and in the benchmark', async () => {
  const { code, output } = await check(200, advisory('high'));
  expect(output).toMatch(/^\.: high: mysql2\b/m);
  expect(output).toMatch(/^bench: high: mysql2\b/m);
  expect(code).toBe(1);
});

it('reports what is less severe, without failing', async () => {
  const { code, output } = await check(200, advisory('moderate'));
  expect(output).toMatch(/^\.: moderate: mysql2\b/m);
  expect(code).toBe(0);
});

it('says when the registry could not be asked, which is no fault of the packages', async () => {
  const { code, output } = await check(405, {});
  expect(output.match(/NOT audited/g)).toHaveLength(2);
  expect(code).toBe(0);
});
