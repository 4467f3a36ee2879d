import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { nextOf } from '../support/streamed.ts';
import { until } from '../support/until.ts';

/** 400 MB of rows out of a thousand small ones. */
const LARGE = "select a.k as a, b.k as b, repeat('x', 400) as filling from thousand a, thousand b";

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

onEveryServer('a stream of db.sql from a', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;
  let db: DatabaseOperations;

  beforeAll(async () => {
    // a server that hangs up on a client that takes nothing for a second
    server = await startServer(dialect, { flags: ['--net-write-timeout=1'] });
    database = await freshOn(server.url, dialect);
    db = new DatabaseOperations({
      url: database.url,
      pool: { max: 2 },
      queryTimeoutMs: 1_500,
      statementTimeoutMs: 1_500,
    });
    await db.sql.execute('create table thousand (k int primary key)');
    await db.sql.execute('insert into thousand values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)');
    for (const factor of [10, 100]) {
      await db.sql.execute(
        'insert into thousand select a.k + b.k * ? from thousand a, thousand b where b.k between 1 and 9',
        [factor],
      );
    }
  }, startServerTimeoutMs);

  afterAll(async () => {
    await db.close();
    await server.stop();
  });

  const running = async (): Promise<number> => {
    const count = await db.sql.scalar(
      "select count(*) from information_schema.processlist where info like '%as filling from%' and id <> connection_id()",
    );
    return Number(count);
  };

  it('holds few rows however many there are, and takes them no faster than its loop does', async () => {
    const before = bytesInUse();
    let largest = 0;
    let rows = 0;
    for await (const _ of db.sql.stream(`${LARGE} limit 120000`, [], { batchSize: 500 })) {
      rows += 1;
      if (rows === 10) {
        await sleep(1_500);
        // the rest waits at the server
        await expect(running()).resolves.toBe(1);
      }
      if (rows % 30_000 === 10) {
        largest = Math.max(largest, bytesInUse() - before);
      }
    }
    expect(rows).toBe(120_000);
    // of 50 MB that came
    expect(largest).toBeLessThan(15_000_000);
  });

  it('waits for a loop that takes longer than the server and the time limit of a statement allow', async () => {
    const seen: number[] = [];
    for await (const { b } of db.sql.stream<{ b: number }>(`${LARGE} limit 20000`, [], { batchSize: 10 })) {
      seen.push(b);
      if (seen.length === 1) {
        await sleep(2_500);
      }
    }
    expect(seen).toHaveLength(20_000);
  });

  it('has a time limit for its first row', async () => {
    const late = db.sql.stream('select sleep(5)');
    await expect(failureOf(nextOf(late))).resolves.toMatchObject({ kind: 'timeout' });
    await expect(db.sql.scalar('select 1')).resolves.toBe(1);
  });

  it('ends its statement and frees its connection when its loop is left', async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      for await (const _ of db.sql.stream(LARGE)) {
        break;
      }
    }
    await expect(db.sql.scalar('select 1')).resolves.toBe(1);
    await until(async () => (await running()) === 0);
    expect(db.pool.size).toBeLessThanOrEqual(2);
    expect(db.pool.pending).toBe(0);
    // one that is just being reset counts as lent
    await until(() => db.pool.size === db.pool.free);
  });

  it('gives back the connection that it has read to its end, as it was', async () => {
    const one = new DatabaseOperations({ url: database.url, pool: { max: 1 } });
    const id = await one.sql.scalar('select connection_id()');
    for await (const _ of one.sql.stream('select k from thousand')) {
      // all of them
    }
    for await (const _ of one.sql.stream('select k from thousand', [], { batchSize: 1 })) {
      break;
    }
    await expect(one.sql.scalar('select connection_id()')).resolves.toBe(id);
    await expect(one.sql.scalar('select @@session.net_write_timeout')).resolves.toBe(1);
    await one.close();
  });

  it('is waited for by closing, and cut off by closing with force', async () => {
    const closing = new DatabaseOperations({ url: database.url });
    const patient = closing.sql.stream('select k from thousand', [], { batchSize: 1 });
    await nextOf(patient);
    let closed = false;
    const end = closing.close().then(() => {
      closed = true;
    });
    await sleep(100);
    expect(closed).toBe(false);
    await patient.return();
    await end;

    const forced = new DatabaseOperations({ url: database.url });
    const left = forced.sql.stream(LARGE, [], { batchSize: 1 });
    await nextOf(left);
    await forced.close({ force: true });
    const goOn = async (): Promise<void> => {
      for await (const _ of left) {
        // what was there already
      }
    };
    await expect(failureOf(goOn())).resolves.toMatchObject({ kind: 'closed' });
  });

  it('is not begun again by what could be repeated otherwise, once a row was handed out', async () => {
    await db.sql.execute(`create function failing (k int) returns int deterministic no sql
      begin
        if k = 900 then signal sqlstate '40001' set mysql_errno = 1213; end if;
        return k;
      end`);
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const { k } of db.sql.stream<{ k: number }>(
        "select failing(k) as k, repeat('x', 2000) as filling from thousand order by thousand.k",
        [],
        { batchSize: 5 },
      )) {
        seen.push(k);
      }
    };
    await expect(failureOf(loop())).resolves.toMatchObject({ kind: 'deadlock', attempts: 1 });
    expect(seen).toEqual(Array.from(seen, (_, index) => index));
    expect(seen.length).toBeGreaterThan(100);
  });

  it('is not begun again once a row was handed out', async () => {
    const rows: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const { b } of db.sql.stream<{ b: number }>(LARGE, [], { batchSize: 10, idempotent: true })) {
        rows.push(b);
        if (rows.length === 100) {
          const id = await db.sql.scalar(
            "select id from information_schema.processlist where info like '%as filling from%' and id <> connection_id()",
          );
          await db.sql.execute(`kill ${id}`);
        }
      }
    };
    await expect(failureOf(loop())).resolves.toMatchObject({ kind: 'connection', attempts: 1 });
    expect(rows.length).toBeLessThan(1_000_000);
  });
});
