import type { Driver, QueryCompiler, TransactionSettings } from 'kysely';
import type { ConnectionSource } from './connection-source.ts';
import { PooledConnection, type StatementObserver } from './pooled-connection.ts';

/**
 * Kysely's driver on our pool. Kysely does not return a connection on which BEGIN, COMMIT or ROLLBACK failed, so
 * that is done here.
 */
export class KyselyDriver implements Driver {
  readonly #source: ConnectionSource;
  readonly #observe: StatementObserver | undefined;

  constructor(source: ConnectionSource, observe?: StatementObserver) {
    this.#source = source;
    this.#observe = observe;
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<PooledConnection> {
    return PooledConnection.acquire(this.#source, this.#observe);
  }

  async releaseConnection(pooled: PooledConnection): Promise<void> {
    try {
      pooled.assertNoTransaction();
    } finally {
      pooled.release();
    }
  }

  async beginTransaction(pooled: PooledConnection, settings: TransactionSettings): Promise<void> {
    try {
      for (const sql of pooled.connection.beginStatements(settings)) {
        await pooled.execute(sql);
      }
    } catch (error) {
      pooled.discard();
      throw error;
    }
  }

  async commitTransaction(pooled: PooledConnection): Promise<void> {
    // a failed commit leaves the transaction open; the rollback that follows ends it
    await (pooled.ending?.commit(pooled) ?? pooled.execute('commit'));
    await this.#afterTransaction(pooled);
  }

  async rollbackTransaction(pooled: PooledConnection): Promise<void> {
    try {
      await (pooled.ending?.rollback(pooled) ?? pooled.execute('rollback'));
      await this.#afterTransaction(pooled);
    } catch (error) {
      pooled.discard();
      throw error;
    }
  }

  async savepoint(pooled: PooledConnection, name: string, _compile: QueryCompiler['compileQuery']): Promise<void> {
    await pooled.execute(`savepoint \`${pooled.openSavepoint(name)}\``);
  }

  async rollbackToSavepoint(pooled: PooledConnection, name: string): Promise<void> {
    await pooled.execute(`rollback to savepoint \`${pooled.closeSavepoint(name)}\``);
  }

  async releaseSavepoint(pooled: PooledConnection, name: string): Promise<void> {
    await pooled.execute(`release savepoint \`${pooled.closeSavepoint(name)}\``);
  }

  async destroy(): Promise<void> {
    await this.#source.destroy();
  }

  async #afterTransaction(pooled: PooledConnection): Promise<void> {
    for (const sql of pooled.connection.afterTransaction ?? []) {
      await pooled.execute(sql);
    }
    // a commit may open the next transaction, in which all later statements would be lost
    pooled.assertNoTransaction();
  }
}
