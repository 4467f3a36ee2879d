import { cp, mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { asReader } from '../support/as-reader.ts';
import { failureOf } from '../support/failure.ts';
import { bot, candle, point, SERIES } from '../support/samples.ts';

describe('an SQLite file that cannot be written', () => {
  let folder: string;
  let path: string;
  let db: DatabaseOperations;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-read-only-'));
    path = join(folder, 'kept.db');
    const writer = new DatabaseOperations({ url: `sqlite:${path}` });
    await writer.marketData.upsertCandles([candle(0), candle(1)]);
    await writer.bots.add(bot());
    await writer.close();
    db = new DatabaseOperations({ url: `sqlite:${path}`, connectRetries: 0 });
  });

  afterEach(async () => {
    await db.close();
    await rm(folder, { recursive: true });
  });

  it('is read', () =>
    asReader(folder, async () => {
      await expect(db.marketData.countCandles()).resolves.toBe(2);
      await expect(db.bots.list()).resolves.toHaveLength(1);
      await expect(db.transaction(({ marketData }) => marketData.getLatestCandle(SERIES))).resolves.not.toBeNull();
      await expect(db.sql.scalar('select count(*) from market_data')).resolves.toBe(2);
      await expect(db.migrations.pending()).resolves.toEqual([]);
    }));

  it.each<[string, (db: DatabaseOperations) => Promise<unknown>]>([
    ['a candle', ({ marketData }) => marketData.upsertCandle(candle(2))],
    ['raw trades', ({ rawTrades }) => rawTrades.insertMany([point()])],
    ['a bot in a transaction', (all) => all.transaction(({ bots }) => bots.add(bot({ name: 'second' })))],
    ['a statement of its own', ({ sql }) => sql.execute('delete from bots')],
  ])('refuses %s by its kind', (_name, write) =>
    asReader(folder, async () => {
      await expect(failureOf(write(db))).resolves.toMatchObject({ kind: 'read-only' });
      // after a transaction too
      await db.transaction(({ bots }) => bots.list(), { readOnly: true });
      await expect(failureOf(write(db))).resolves.toMatchObject({ kind: 'read-only', retryable: false });
      await expect(db.marketData.countCandles()).resolves.toBe(2);
    }),
  );

  it('is reported by health', () =>
    asReader(folder, async () => {
      await expect(db.health()).resolves.toMatchObject({ readOnly: true });
    }));

  it('is not read where that would leave out what is in its log', async () => {
    const writer = new DatabaseSync(path);
    writer.exec('pragma wal_autocheckpoint = 0; update bots set name = name');
    const copy = join(folder, 'copy.db');
    await cp(path, copy);
    await cp(`${path}-wal`, `${copy}-wal`);
    writer.close();
    const other = new DatabaseOperations({ url: `sqlite:${copy}`, connectRetries: 0 });
    await asReader(folder, async () => {
      await expect(failureOf(other.marketData.countCandles())).resolves.toMatchObject({ kind: 'read-only' });
    });
    await truncate(`${copy}-wal`);
    await asReader(folder, async () => {
      await expect(other.marketData.countCandles()).resolves.toBe(2);
    });
    await other.close();
  });

  it('is opened again when another process has changed it', async () => {
    await asReader(folder, () => db.marketData.countCandles());
    const writer = new DatabaseSync(path);
    writer.exec('delete from market_data');
    writer.close();
    await utimes(path, new Date(), new Date(Date.now() + 5_000));
    await asReader(folder, () => expect(db.marketData.countCandles()).resolves.toBe(0));
    await writeFile(`${path}-wal`, 'begun');
    await asReader(folder, () =>
      expect(failureOf(db.marketData.countCandles())).resolves.toMatchObject({ kind: 'read-only' }),
    );
  });
});
