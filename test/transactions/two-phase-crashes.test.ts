import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';

const SOURCE = new URL('../../src/index.ts', import.meta.url).href;

/** Prepares a transaction, says so, and does nothing more. */
const PREPARES = `
  const { DatabaseOperations } = await import(process.argv[1]);
  const db = new DatabaseOperations({ url: process.argv[2] });
  await db.twoPhase(process.argv[3], (tx) => tx.bots.add(JSON.parse(process.argv[4]))).prepare();
  console.log('prepared');
  setInterval(() => undefined, 1_000);
`;

onEveryServer('what is prepared on a', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;
  let db: DatabaseOperations;

  beforeAll(async () => {
    server = await startServer(dialect);
    database = await freshOn(server.url, dialect);
    db = new DatabaseOperations({ url: database.url });
    await db.migrations.up();
  }, startServerTimeoutMs);

  afterAll(async () => {
    await db.close();
    await server.stop();
  });

  /** Prepares a bot in a process of its own, which is killed. */
  const prepareAndDie = async (name: string): Promise<void> => {
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', PREPARES];
    const child = spawn(process.execPath, [...args, SOURCE, database.url, name, JSON.stringify(bot({ name }))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const names = async (): Promise<string[]> => (await db.bots.list()).map(({ name }) => name);

  it('outlives the process, and is committed by another one', async () => {
    await prepareAndDie('first');
    await expect(names()).resolves.toEqual([]);
    const [prepared, ...others] = await db.twoPhase.recover();
    expect(prepared?.xid).toEqual({ gtrid: 'first', bqual: '', formatId: 1 });
    expect(others).toEqual([]);
    await prepared?.commit();
    await expect(names()).resolves.toEqual(['first']);
    await expect(db.twoPhase.recover()).resolves.toEqual([]);
  });

  it('outlives the server, and is stored once', async () => {
    await prepareAndDie('second');
    const here = await db.twoPhase('third', (tx) => tx.bots.add(bot({ name: 'third' }))).prepare();
    await db.twoPhase('fourth', (tx) => tx.bots.add(bot({ name: 'fourth' }))).prepare();
    await server.kill('SIGKILL');
    await server.restart();
    const found = new Map((await db.twoPhase.recover()).map((prepared) => [prepared.xid.gtrid, prepared]));
    expect([...found.keys()].sort()).toEqual(['fourth', 'second', 'third']);
    await found.get('second')?.commit();
    await here.commit();
    await found.get('fourth')?.rollback();
    expect((await names()).sort()).toEqual(['first', 'second', 'third']);
    await expect(db.twoPhase.recover()).resolves.toEqual([]);
  });

  it('is committed when the server dies on its commit and comes back', async () => {
    const prepared = await db.twoPhase('fifth', (tx) => tx.bots.add(bot({ name: 'fifth' }))).prepare();
    await server.kill('SIGKILL');
    const committing = prepared.commit();
    await server.restart();
    await committing;
    await expect(names()).resolves.toContain('fifth');
  });
});
