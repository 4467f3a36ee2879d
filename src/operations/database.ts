import type { MikroORM, Platform } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Dialect as KyselyDialect } from 'kysely';
import type { Settings } from '../config/settings.ts';
import { detectDialect } from '../databases/detect-dialect.ts';
import type { Dialect, Execute } from '../databases/dialect.ts';
import type { PhysicalConnection, ServerLimits } from '../databases/physical-connection.ts';
import { ConnectionPool } from '../databases/pool/connection-pool.ts';
import {
  type PooledConnection,
  PooledDriver,
  type QueryExecutor,
  withConnectionOf,
} from '../databases/pool/pooled-connection.ts';
import type { QueryOutcome } from '../databases/row-sink.ts';
import type { StatementObserver } from '../databases/statement-event.ts';
import { Bot } from '../entities/bot.entity.ts';
import { MarketData } from '../entities/market-data.entity.ts';
import { RawTrade } from '../entities/raw-trade.entity.ts';
import { type Table, tableOf } from '../entities/table.ts';
import type { CallerConnection, ReadSession, Session, Tables } from '../executor/session.ts';
import { KEY_COLLATION } from '../text/column-lengths.ts';
import { createOrm } from './orm.ts';

/** A snapshot, and the means to end it. */
export interface HeldSnapshot {
  readonly session: ReadSession;
  release(): Promise<void>;
}

/** A connected database: the ORM, its pool, and what was learned of the server. */
export class Database {
  readonly dialect: Dialect;
  readonly pool: ConnectionPool;
  readonly orm: MikroORM;
  readonly tables: Tables;
  readonly #limits: { readonly current: ServerLimits };
  readonly settings: Settings;
  readonly #driver: PooledDriver;
  /** Tables whose columns were found to keep what they are given. */
  readonly #fitting = new Set<string>();
  /** Connections that somebody holds for as long as he likes. */
  readonly #held = new Set<PooledConnection>();

  private constructor(
    settings: Settings,
    dialect: Dialect,
    pool: ConnectionPool,
    driver: PooledDriver,
    orm: MikroORM,
    limits: { readonly current: ServerLimits },
  ) {
    this.settings = settings;
    this.dialect = dialect;
    this.pool = pool;
    this.#driver = driver;
    this.orm = orm;
    this.#limits = limits;
    const platform: Platform = orm.em.getPlatform();
    this.tables = {
      marketData: tableOf(orm.getMetadata().get(MarketData), platform),
      rawTrades: tableOf(orm.getMetadata().get(RawTrade), platform),
      bots: tableOf(orm.getMetadata().get(Bot), platform),
    };
  }

  /** Connects: finds out what the server is, opens the first connection and reads the server's limits. */
  static async open(settings: Settings): Promise<Database> {
    const dialect = await detectDialect(settings);
    const limits: { current: ServerLimits } = { current: NO_LIMITS };
    const connect = async (): Promise<PhysicalConnection> => {
      const connection = await dialect.openConnection(settings);
      const told = connection.limits ?? NO_LIMITS;
      // a session keeps the limit it began with: what fits into the narrowest fits into all
      const maxStatementBytes = Math.min(limits.current.maxStatementBytes, told.maxStatementBytes);
      limits.current = { ...told, maxStatementBytes };
      return connection;
    };
    const pool = new ConnectionPool(connect, settings.pool, dialect.unsettled?.(settings));
    try {
      const orm = createOrm(dialect, settings.target, dialect.kyselyDialect(pool, statementLog(settings)));
      await orm.connect();
      const driver = new PooledDriver(pool, statementLog(settings));
      await driver.withConnection(async () => undefined);
      return new Database(settings, dialect, pool, driver, orm, limits);
    } catch (error) {
      await pool.destroy(true);
      throw error;
    }
  }

  /** A session of its own: a fresh unit of work on whatever connection is free, or one of a transaction. */
  session(em?: SqlEntityManager): Session {
    const { orm } = this;
    const limits = this.#limits;
    const transaction: QueryExecutor | undefined = em?.getTransactionContext();
    // statements of ours go straight to the connection: the ORM would copy every value into the text first
    const withConnection = <T>(work: (pooled: PooledConnection) => Promise<T>): Promise<T> =>
      transaction === undefined ? this.#driver.withConnection(work) : withConnectionOf(transaction, work);
    const execute: Execute = (sql, parameters) => withConnection((pooled) => pooled.execute(sql, parameters));
    let unitOfWork = em;
    return {
      // most operations need none, and making one costs as much as a quick statement
      get em() {
        unitOfWork ??= freshFork(orm);
        return unitOfWork;
      },
      dialect: this.dialect,
      tables: this.tables,
      // a connection that is opened while this session lasts may have been told of less
      get maxStatementBytes() {
        return limits.current.maxStatementBytes;
      },
      execute,
      assertNoDrift: async (table, doubt = false) => {
        if (doubt || !this.#fitting.has(table.name)) {
          await this.#assertNoDrift(execute, table, doubt);
        }
      },
      read: (sql, parameters, onRow) => withConnection((pooled) => pooled.read(sql, parameters, onRow)),
      load:
        transaction === undefined && this.settings.bulkLoad && this.#limits.current.loadsFiles
          ? (sql, file, accept) => withConnection((pooled) => pooled.load(sql, file, accept))
          : undefined,
      inTransaction: transaction !== undefined,
      withConnection: (work, { slow = false } = {}) =>
        slow && transaction === undefined
          ? this.#onHeldConnection((pooled) => work(pooled))
          : withConnection((pooled) => (transaction === undefined ? work(pooled) : this.#inTransaction(pooled, work))),
      freeConnections: () => (transaction === undefined ? this.#freeConnections() : 0),
    };
  }

  async #assertNoDrift<T extends object>(execute: Execute, table: Table<T>, doubt: boolean): Promise<void> {
    const found = await this.dialect.findColumnDrift?.(execute, table, KEY_COLLATION);
    if (found?.fault !== undefined) {
      this.#fitting.delete(table.name);
      const done = doubt ? '; what this call wrote was stored so' : '';
      throw Object.assign(new Error(`${found.fault}${done}`), { code: 'COLUMNS_CHANGED' });
    }
    // a table that is not there may be made otherwise
    if (found?.known !== false) {
      this.#fitting.add(table.name);
    }
  }

  /** Has the database read something of what is stored. */
  async probe(): Promise<void> {
    const { marketData, rawTrades, bots } = this.tables;
    await this.dialect.probe(this.session().execute, [bots.name, marketData.name, rawTrades.name]);
  }

  /** Does a caller's work, and asks afterwards whether what the library sends next is read as it is meant. */
  async #inTransaction<T>(pooled: PooledConnection, work: (connection: CallerConnection) => Promise<T>): Promise<T> {
    const { encodingIntact } = this.dialect.callerStatements;
    const assertLetters = async (): Promise<void> => {
      if (encodingIntact !== undefined && (await pooled.execute(encodingIntact)).rows[0]?.['holds'] !== 1) {
        throw quotingLost();
      }
    };
    let result: T;
    try {
      result = await work(stillInTransaction(pooled));
    } catch (error) {
      await assertLetters().catch((lost: unknown) => {
        throw (lost as { readonly code?: unknown }).code === QUOTING_LOST ? lost : error;
      });
      throw error;
    }
    await assertLetters();
    return result;
  }

  /** Everything as it is now, on a connection that is held until it is released. */
  async snapshot(): Promise<HeldSnapshot> {
    const source = this.dialect.snapshotSource(this.pool, this.settings);
    const driver = new PooledDriver(source, statementLog(this.settings));
    const pooled = await driver.acquireConnection();
    await driver.beginTransaction(pooled, { isolationLevel: 'repeatable read', accessMode: 'read only' });
    this.#held.add(pooled);
    return {
      session: { tables: this.tables, read: (sql, parameters, onRow) => pooled.read(sql, parameters, onRow) },
      release: async () => {
        this.#held.delete(pooled);
        // a connection that is lost, or whose state is not known, is closed by the driver itself
        await driver.rollbackTransaction(pooled).catch(() => undefined);
        await driver.releaseConnection(pooled);
      },
    };
  }

  /** Does work on a connection that is held meanwhile, one of its own where the pool's are few. */
  async #onHeldConnection<T>(work: (pooled: PooledConnection) => Promise<T>): Promise<T> {
    const source = this.dialect.snapshotSource(this.pool, this.settings);
    const pooled = await new PooledDriver(source, statementLog(this.settings)).acquireConnection();
    this.#held.add(pooled);
    try {
      const result = await work(pooled);
      pooled.giveBack();
      return result;
    } finally {
      this.#held.delete(pooled);
      pooled.release();
    }
  }

  /** Lends one connection, for work that looks after it itself: it has to be given back. */
  acquireConnection(): Promise<PooledConnection> {
    return this.#driver.acquireConnection();
  }

  /** Another ORM of the same entities, on connections of its own. */
  createOrm(kyselyDialect: KyselyDialect): MikroORM {
    return createOrm(this.dialect, this.settings.target, kyselyDialect);
  }

  #freeConnections(): number {
    const { size, free, pending } = this.pool.state;
    return Math.max(0, this.settings.pool.max - (size - free) - pending);
  }

  async close(force: boolean): Promise<void> {
    if (force) {
      // not every one of their connections is the pool's
      for (const { connection } of this.#held) {
        connection.abort();
      }
    }
    // the ORM closes the pool only where it has used it
    await this.pool.destroy(force);
    await this.orm.close();
  }
}

const NO_LIMITS: ServerLimits = { maxStatementBytes: Number.POSITIVE_INFINITY, loadsFiles: false };

/** Even where it is asked for inside a transaction, a session of the instance is not part of it. */
function freshFork(orm: MikroORM): SqlEntityManager {
  return orm.em.fork({ disableContextResolution: true }) as SqlEntityManager;
}

const QUOTING_LOST = 'QUOTING_LOST';

function quotingLost(): Error {
  const what = "the statement has changed the session's encoding, or switched backslash escapes off";
  return Object.assign(new Error(what), { code: QUOTING_LOST });
}

/** The server says with each answer whether the transaction, and the session's way with texts, are still there. */
function stillInTransaction(pooled: PooledConnection): CallerConnection {
  return {
    markDirty: () => pooled.markDirty(),
    query: async (...statement): Promise<QueryOutcome> => {
      const answer = await pooled.query(...statement);
      if (!answer.inTransaction) {
        throw Object.assign(new Error('the statement has ended the transaction'), { code: 'TRANSACTION_ENDED' });
      }
      if (!answer.quotingIntact) {
        throw quotingLost();
      }
      return answer;
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
