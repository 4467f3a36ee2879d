import type { MikroORM, Platform } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Dialect as KyselyDialect } from 'kysely';
import type { Settings } from '../config/settings.ts';
import { detectDialect } from '../dialects/detect-dialect.ts';
import type { Dialect, Execute } from '../dialects/dialect.ts';
import { ConnectionPool } from '../dialects/driver/connection-pool.ts';
import { executeRaw } from '../dialects/driver/leased-driver.ts';
import type { StatementObserver } from '../dialects/driver/statement-event.ts';
import { Bot } from '../entities/bot.entity.ts';
import { MarketData } from '../entities/market-data.entity.ts';
import { RawTrade } from '../entities/raw-trade.entity.ts';
import { tableOf } from '../entities/table.ts';
import type { Session, Tables } from '../repositories/session.ts';
import { createOrm } from './orm.ts';

/** A connected database: the ORM, its pool, and what was learned of the server. */
export class Database {
  readonly dialect: Dialect;
  readonly pool: ConnectionPool;
  readonly orm: MikroORM;
  readonly tables: Tables;
  readonly maxStatementBytes: number;
  readonly settings: Settings;

  private constructor(
    settings: Settings,
    dialect: Dialect,
    pool: ConnectionPool,
    orm: MikroORM,
    maxStatementBytes: number,
  ) {
    this.settings = settings;
    this.dialect = dialect;
    this.pool = pool;
    this.orm = orm;
    this.maxStatementBytes = maxStatementBytes;
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
    const pool = new ConnectionPool(() => dialect.openConnection(settings), settings.pool);
    try {
      const orm = createOrm(dialect, settings.target, dialect.kyselyDialect(pool, statementLog(settings)));
      await orm.connect();
      const execute = executeOn(freshFork(orm));
      return new Database(settings, dialect, pool, orm, await dialect.maxStatementBytes(execute));
    } catch (error) {
      await pool.destroy(true);
      throw error;
    }
  }

  /** A session of its own: a fresh unit of work on whatever connection is free. */
  session(em: SqlEntityManager = freshFork(this.orm)): Session {
    return {
      em,
      dialect: this.dialect,
      tables: this.tables,
      maxStatementBytes: this.maxStatementBytes,
      execute: executeOn(em),
    };
  }

  /** Another ORM of the same entities, on connections of its own. */
  createOrm(kyselyDialect: KyselyDialect): MikroORM {
    return createOrm(this.dialect, this.settings.target, kyselyDialect);
  }

  async close(force: boolean): Promise<void> {
    if (force) {
      await this.pool.destroy(true);
    }
    await this.orm.close();
  }
}

/** Even where it is asked for inside a transaction, a session of the instance is not part of it. */
function freshFork(orm: MikroORM): SqlEntityManager {
  return orm.em.fork({ disableContextResolution: true }) as SqlEntityManager;
}

/** Statements of ours go straight to Kysely: the ORM would copy every value into the text first. */
function executeOn(em: SqlEntityManager): Execute {
  return (sql, parameters = []) =>
    executeRaw(em.getTransactionContext() ?? em.getConnection().getClient(), sql, parameters);
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
