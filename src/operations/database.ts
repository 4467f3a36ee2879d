import type { MikroORM, Platform } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Dialect as KyselyDialect } from 'kysely';
import type { Settings } from '../config/settings.ts';
import { detectDialect } from '../databases/detect-dialect.ts';
import type { Dialect, Execute } from '../databases/dialect.ts';
import type { PhysicalConnection, ServerLimits } from '../databases/physical-connection.ts';
import { ConnectionPool } from '../databases/pool/connection-pool.ts';
import type { ConnectionSource } from '../databases/pool/connection-source.ts';
import { KyselyDriver } from '../databases/pool/kysely-driver.ts';
import { connectionOf, PooledConnection, type StatementObserver } from '../databases/pool/pooled-connection.ts';
import type { QueryOutcome } from '../databases/row-sink.ts';
import { Bot } from '../entities/bot.entity.ts';
import { MarketData } from '../entities/market-data.entity.ts';
import { RawTrade } from '../entities/raw-trade.entity.ts';
import { type Table, tableOf } from '../entities/table.ts';
import type { RawSqlConnection, ReadSession, Session, Tables } from '../executor/session.ts';
import { KEY_COLLATION } from '../text/column-lengths.ts';
import { createOrm } from './orm.ts';

export interface HeldSnapshot {
  readonly session: ReadSession;
  release(): Promise<void>;
}

/** A connected database: the ORM, the pool, and what is known of the server. */
export class Database {
  readonly dialect: Dialect;
  readonly pool: ConnectionPool;
  readonly orm: MikroORM;
  readonly tables: Tables;
  readonly settings: Settings;
  readonly #limits: { readonly current: ServerLimits };
  readonly #observe: StatementObserver | undefined;
  /** Tables whose columns were checked and store every value unchanged. */
  readonly #checkedTables = new Set<string>();
  /** The checks under way outside of transactions. */
  readonly #driftChecks = new Map<string, Promise<void>>();
  /** Connections of snapshots and streams, which are held for as long as their reader takes. */
  readonly #held = new Set<PooledConnection>();

  private constructor(
    settings: Settings,
    dialect: Dialect,
    pool: ConnectionPool,
    orm: MikroORM,
    limits: { readonly current: ServerLimits },
  ) {
    this.settings = settings;
    this.dialect = dialect;
    this.pool = pool;
    this.orm = orm;
    this.#limits = limits;
    this.#observe = statementLog(settings);
    const platform: Platform = orm.em.getPlatform();
    this.tables = {
      marketData: tableOf(orm.getMetadata().get(MarketData), platform),
      rawTrades: tableOf(orm.getMetadata().get(RawTrade), platform),
      bots: tableOf(orm.getMetadata().get(Bot), platform),
    };
  }

  /** Connects: detects the server, opens the first connection and reads the server's limits. */
  static async open(settings: Settings): Promise<Database> {
    const dialect = await detectDialect(settings);
    const limits: { current: ServerLimits } = { current: NO_LIMITS };
    const connect = async (): Promise<PhysicalConnection> => {
      const connection = await dialect.openConnection(settings);
      const own = connection.limits ?? NO_LIMITS;
      // a session keeps the packet limit it began with: what fits the smallest fits all
      const maxStatementBytes = Math.min(limits.current.maxStatementBytes, own.maxStatementBytes);
      limits.current = { ...own, maxStatementBytes };
      return connection;
    };
    const pool = new ConnectionPool(connect, settings.pool, dialect.unfinishedStatements?.(settings));
    try {
      const orm = createOrm(dialect, settings.target, dialect.kyselyDialect(pool, statementLog(settings)));
      await orm.connect();
      const database = new Database(settings, dialect, pool, orm, limits);
      (await database.acquireConnection()).release();
      return database;
    } catch (error) {
      await pool.destroy(true);
      throw error;
    }
  }

  /** A session with a unit of work of its own: on any free connection, or on that of a transaction. */
  session(em?: SqlEntityManager): Session {
    const { orm } = this;
    const limits = this.#limits;
    const transaction: Transaction | undefined = em?.getTransactionContext();
    // statements of ours bypass the ORM, which would first copy every value into the text
    const execute: Execute = (sql, parameters) =>
      this.#withConnection(transaction, (pooled) => pooled.execute(sql, parameters));
    let unitOfWork = em;
    return {
      // most operations need none, and making one costs as much as a quick statement
      get em() {
        // a session of the instance is not part of a transaction, even if it is made inside one
        unitOfWork ??= orm.em.fork({ disableContextResolution: true }) as SqlEntityManager;
        return unitOfWork;
      },
      dialect: this.dialect,
      tables: this.tables,
      // a connection opened during this session may have a lower limit
      get maxStatementBytes() {
        return limits.current.maxStatementBytes;
      },
      execute,
      assertNoDrift: async (table, recheck = false) => {
        if (recheck || !this.#checkedTables.has(table.name)) {
          const check = () => this.#assertNoDrift(execute, table, recheck);
          // in a transaction, waiting for another connection could wait for ever
          await (recheck || transaction !== undefined ? check() : this.#sharedCheck(table.name, check));
        }
      },
      read: (sql, parameters, onRow) =>
        this.#withConnection(transaction, (pooled) => pooled.read(sql, parameters, onRow)),
      load:
        transaction === undefined && this.settings.bulkLoad && limits.current.loadsFiles
          ? (sql, file, accept) => this.#withConnection(transaction, (pooled) => pooled.load(sql, file, accept))
          : undefined,
      inTransaction: transaction !== undefined,
      withConnection: (work, { slow = false } = {}) => {
        if (transaction !== undefined) {
          return this.#withConnection(transaction, (pooled) => this.#inTransaction(pooled, work));
        }
        return slow ? this.#withHeldConnection(work) : this.#withConnection(transaction, work);
      },
      freeConnections: () => (transaction === undefined ? this.pool.spare : 0),
    };
  }

  /** Runs work on the connection of a transaction, or on one that is acquired for it. */
  async #withConnection<T>(
    transaction: Transaction | undefined,
    work: (pooled: PooledConnection) => Promise<T>,
    source: ConnectionSource = this.pool,
  ): Promise<T> {
    if (transaction !== undefined) {
      return work(await connectionOf(transaction));
    }
    const pooled = await PooledConnection.acquire(source, this.#observe);
    try {
      const result = await work(pooled);
      pooled.assertNoTransaction();
      return result;
    } finally {
      pooled.release();
    }
  }

  /** Runs work on a connection that is held for long: a separate one if the pool has few. */
  #withHeldConnection<T>(work: (pooled: PooledConnection) => Promise<T>): Promise<T> {
    const held = async (pooled: PooledConnection): Promise<T> => {
      this.#held.add(pooled);
      try {
        return await work(pooled);
      } finally {
        this.#held.delete(pooled);
      }
    };
    return this.#withConnection(undefined, held, this.dialect.snapshotSource(this.pool, this.settings));
  }

  /** Borrows a connection. The caller returns it with `release()`. */
  acquireConnection(): Promise<PooledConnection> {
    return PooledConnection.acquire(this.pool, this.#observe);
  }

  /** Callers that write at the same time share one check. */
  #sharedCheck(table: string, check: () => Promise<void>): Promise<void> {
    let shared = this.#driftChecks.get(table);
    if (shared === undefined) {
      shared = check().finally(() => this.#driftChecks.delete(table));
      this.#driftChecks.set(table, shared);
    }
    return shared;
  }

  async #assertNoDrift<T extends object>(execute: Execute, table: Table<T>, recheck: boolean): Promise<void> {
    const found = await this.dialect.findColumnDrift?.(execute, table, KEY_COLLATION);
    if (found?.fault !== undefined) {
      this.#checkedTables.delete(table.name);
      const done = recheck ? '; what this call wrote was stored so' : '';
      throw Object.assign(new Error(`${found.fault}${done}`), { code: 'COLUMNS_CHANGED' });
    }
    // a table that does not exist yet may be created with other columns
    if (found?.known !== false) {
      this.#checkedTables.add(table.name);
    }
  }

  /** Has the database read something that is stored. */
  async probe(): Promise<void> {
    const { marketData, rawTrades, bots } = this.tables;
    await this.dialect.probe(this.session().execute, [bots.name, marketData.name, rawTrades.name]);
  }

  /** Runs a caller's work in a transaction, then checks that the session still reads our literals correctly. */
  async #inTransaction<T>(pooled: PooledConnection, work: (connection: RawSqlConnection) => Promise<T>): Promise<T> {
    const { encodingIntact } = this.dialect.rawSql;
    const assertEncoding = async (): Promise<void> => {
      if (encodingIntact !== undefined && (await pooled.execute(encodingIntact)).rows[0]?.['intact'] !== 1) {
        throw quotingLost();
      }
    };
    let result: T;
    try {
      result = await work(assertingTransaction(pooled));
    } catch (error) {
      await assertEncoding().catch((lost: unknown) => {
        throw (lost as { readonly code?: unknown }).code === QUOTING_LOST ? lost : error;
      });
      throw error;
    }
    await assertEncoding();
    return result;
  }

  /** Opens a snapshot of all tables. It holds a connection until it is released. */
  async snapshot(): Promise<HeldSnapshot> {
    const driver = new KyselyDriver(this.dialect.snapshotSource(this.pool, this.settings), this.#observe);
    const pooled = await driver.acquireConnection();
    await driver.beginTransaction(pooled, { isolationLevel: 'repeatable read', accessMode: 'read only' });
    this.#held.add(pooled);
    return {
      session: { tables: this.tables, read: (sql, parameters, onRow) => pooled.read(sql, parameters, onRow) },
      release: async () => {
        this.#held.delete(pooled);
        // the driver itself closes a connection that is lost or in an unknown state
        await driver.rollbackTransaction(pooled).catch(() => undefined);
        await driver.releaseConnection(pooled);
      },
    };
  }

  /** Makes another ORM of the same entities, on connections of its own. */
  createOrm(kyselyDialect: KyselyDialect): MikroORM {
    return createOrm(this.dialect, this.settings.target, kyselyDialect);
  }

  async close(force: boolean): Promise<void> {
    if (force) {
      // some of their connections do not belong to the pool
      for (const { connection } of this.#held) {
        connection.abort();
      }
    }
    // the ORM closes the pool only if it has used it
    await this.pool.destroy(force);
    await this.orm.close();
  }
}

/** A transaction of Kysely, as the ORM holds it. */
type Transaction = Parameters<typeof connectionOf>[0];

const NO_LIMITS: ServerLimits = { maxStatementBytes: Number.POSITIVE_INFINITY, loadsFiles: false };

const QUOTING_LOST = 'QUOTING_LOST';

function quotingLost(): Error {
  const what = "the statement has changed the session's encoding, or switched backslash escapes off";
  return Object.assign(new Error(what), { code: QUOTING_LOST });
}

/** Each answer of a server says whether the transaction is still open and backslash escapes are still on. */
function assertingTransaction(pooled: PooledConnection): RawSqlConnection {
  return {
    markDirty: () => pooled.markDirty(),
    query: async (...statement): Promise<QueryOutcome> => {
      const outcome = await pooled.query(...statement);
      if (!outcome.inTransaction) {
        throw Object.assign(new Error('the statement has ended the transaction'), { code: 'TRANSACTION_ENDED' });
      }
      if (!outcome.quotingIntact) {
        throw quotingLost();
      }
      return outcome;
    },
  };
}

function statementLog({ logger, logQueries }: Settings): StatementObserver | undefined {
  if (!logQueries) {
    return undefined;
  }
  return ({ statement, durationMs, rows, error }) => {
    logger.debug(
      { durationMs: Math.round(durationMs * 1000) / 1000, rows, ...(error === undefined ? {} : { failed: true }) },
      statement,
    );
  };
}
