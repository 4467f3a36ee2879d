import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const EXAMPLES = join(import.meta.dirname, '../../examples');

describe('the example programs', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-examples-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  const execute = async (file: string) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
    });
    return stdout;
  };

  it('run, and run again', async () => {
    const programs = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.ts'));
    expect(programs.length).toBeGreaterThan(0);
    for (const program of [...programs, ...programs]) {
      await expect(execute(join(EXAMPLES, program))).resolves.not.toBe('');
    }
  });
});
