import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { bot, candle } from '../support/samples.ts';

describe('errors of the embedded database', () => {
  let folder: string;
  const opened: DatabaseOperations[] = [];
  const instance = (path: string, options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url: `sqlite:${path}`, ...options });
    opened.push(db);
    return db;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-embedded-'));
  });

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close()));
    await rm(folder, { recursive: true });
  });

  it('calls a taken name a duplicate', async () => {
    const db = instance(join(folder, 'duplicate.db'));
    await db.bots.add(bot());
    const error = await failureOf(db.bots.add(bot()));
    expect(error).toMatchObject({ kind: 'duplicate', retryable: false, attempts: 1 });
  });

  it('says that the folder is missing', async () => {
    const db = instance(join(folder, 'nowhere', 'a.db'), { connectRetries: 0 });
    const error = await failureOf(db.connect());
    expect(error).toMatchObject({ kind: 'connection' });
    expect(error.message).toContain('folder');
  });

  it('refuses a file that is no database, and leaves it as it is', async () => {
    const path = join(folder, 'letter.db');
    await writeFile(path, 'Dear reader, this is not a database, however long it may be.'.repeat(20));
    const error = await failureOf(instance(path).connect());
    expect(error).toMatchObject({ kind: 'configuration', retryable: false });
  });

  it('names the command that mends a missing table', async () => {
    const error = await failureOf(
      instance(join(folder, 'empty.db'), { autoMigrate: false }).marketData.upsertCandle(candle()),
    );
    expect(error).toMatchObject({ kind: 'schema', retryable: false });
    expect(error.message).toContain('tradestore migrate up');
  });

  it('waits for another process that holds the file, and gives up by name when it takes too long', async () => {
    const path = join(folder, 'held.db');
    const patient = instance(path);
    await patient.connect();
    const hasty = instance(path, { retry: { contention: { attempts: 1 } } });
    await hasty.connect();
    const holder = spawn(
      process.execPath,
      [
        '-e',
        `const { DatabaseSync } = require('node:sqlite');
         const db = new DatabaseSync(process.argv[1]);
         db.exec('begin immediate');
         console.log('held');
         process.stdin.once('data', () => db.exec('commit')).once('end', () => process.exit());`,
        path,
      ],
      { stdio: ['pipe', 'pipe', 'ignore'] },
    );
    await once(holder.stdout, 'data');

    await expect(failureOf(hasty.marketData.upsertCandle(candle(0)))).resolves.toMatchObject({
      kind: 'lock-timeout',
      retryable: true,
    });
    const waiting = patient.marketData.upsertCandle(candle(1));
    await sleep(100);
    holder.stdin.end('commit');
    await expect(waiting).resolves.toBe('inserted');
  });

  // the lock is let go by a timer of this process, which cannot come while waiting holds the process up
  describe('lets the process work while it waits for a lock', () => {
    const once = { retry: { contention: { attempts: 1 } }, connectRetries: 0 };
    const letGo = (holder: DatabaseSync) => setTimeout(() => holder.close(), 20);

    it.each<[string, (db: DatabaseOperations) => Promise<unknown>]>([
      ['for a write', (db) => db.marketData.upsertCandle(candle(7))],
      ['for a transaction', (db) => db.transaction(({ bots }) => bots.list())],
      ['for a statement of its own', (db) => db.sql.execute('delete from bots')],
      ['for rows that its own statement changes', (db) => db.sql.query('update bots set name = name returning id')],
    ])('%s', async (_name, work) => {
      const path = join(folder, 'waiting.db');
      const db = instance(path, once);
      await db.connect();
      const holder = new DatabaseSync(path);
      holder.exec('begin immediate');
      const done = work(db);
      letGo(holder);
      await done;
    });

    it('for a connection', async () => {
      const path = join(folder, 'locked.db');
      const holder = new DatabaseSync(path);
      holder.exec('pragma locking_mode = exclusive; begin exclusive; create table t (a)');
      const connecting = instance(path, once).connect();
      letGo(holder);
      await connecting;
    });

    it('for a spool', async () => {
      const directory = join(folder, 'spool');
      const path = join(folder, 'spooling.db');
      const first = instance(path);
      const writer = first.marketData.candleWriter({ spool: { directory } });
      writer.write(candle(1));
      await writer.flush();
      await first.close();
      const holder = new DatabaseSync(join(directory, 'spool.db'));
      holder.exec('begin exclusive');
      const second = instance(path, once);
      await second.connect();
      const drained = second.drainSpool({ directory });
      letGo(holder);
      await expect(drained).resolves.toMatchObject({ left: 0 });
    });
  });

  it('keeps a database in memory when its pool is emptied and when work in it fails', async () => {
    const db = new DatabaseOperations({ url: 'sqlite::memory:' });
    await db.marketData.upsertCandle(candle());
    db.pool.clear();
    await db.transaction(async () => Promise.reject(new Error('no'))).catch(() => undefined);
    await expect(db.marketData.countCandles()).resolves.toBe(1);
    await db.close();
  });
});
