import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { expect, it, jest } from '@jest/globals';
import { DatabaseOperations, type Logger, withEnvironment } from '../../src/index.ts';

it('lets winston be passed by the lines that its page shows', async () => {
  const lines = readFileSync('src/logger/logger.ts', 'utf8')
    .split('\n')
    .filter((line) => /^ \* const (at|logger)\b/.test(line))
    .map((line) => line.slice(3));
  expect(lines).toHaveLength(2);

  // of winston as it documents itself: log(level, message, meta)
  const written: unknown[][] = [];
  const log = { log: (...words: unknown[]) => written.push(words) };
  const make = new Function('log', `${stripTypeScriptTypes(lines.join('\n'))}; return logger;`);
  const db = new DatabaseOperations({ url: 'sqlite::memory:', logger: make(log) as Logger });
  await db.connect();
  await db.close();
  expect(written).toContainEqual(['info', 'connected', expect.objectContaining({ server: 'SQLite' })]);
});

it('sends no control character to the terminal for DEBUG=true, and one line for each message', () => {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    withEnvironment({ DEBUG: 'true' }).logger?.info({ name: 'a\u009b31m\u202e' }, 'b\u001b[2J\nfaked line');
    expect(write.mock.calls).toEqual([['info b\\u001b[2J\\u000afaked line {"name":"a\\u009b31m\\u202e"}\n']]);
  } finally {
    write.mockRestore();
  }
});
