import { defined } from '../config/defined.ts';
import type { Bot } from '../entities/bot.entity.ts';
import { ConflictError } from '../errors/conflict-error.ts';
import type { Session } from '../executor/session.ts';
import {
  amountSchema,
  type BotChanges,
  type BotConfig,
  type BotFilter,
  type BotInput,
  botChangesSchema,
  botFilterSchema,
  botIdSchema,
  botNameSchema,
  botSchema,
  type CheckedChanges,
  type JsonObject,
  versionedBotSchema,
} from '../schemas/bot.schema.ts';
import {
  changeSchema,
  heartbeatSchema,
  type InstantInput,
  staleSchema,
  updateOptionsSchema,
} from '../schemas/bot-arguments.schema.ts';
import { parse } from '../schemas/parse.ts';
import type { DecimalInput } from '../schemas/primitives.ts';
import { BaseRepository, type RepositoryContext } from './base.repository.ts';
import type { BotVersions, Versioned } from './bot-versions.ts';
import { type Named, NOT_FOUND, type StoredBot, saidOfBot, toStored, type UpdateBotOptions } from './read/bot-rows.ts';
import { addToBalance, lockOne, noteHeartbeat, writeChanges } from './write/bot-writes.ts';

/**
 * Bots: the state of trading bots, guarded by a version against concurrent changes. What was read is not
 * overwritten unseen: `update(bot, changes)` is for the bot as it was read, `modify()` reads and writes in one,
 * and in a transaction every write is for the bot as the transaction has read it, or the transaction is run
 * again. `update(id, changes)` by the id alone relies on nothing: the last one wins.
 */
export class BotRepository extends BaseRepository {
  readonly #schema: ReturnType<typeof botSchema>;
  readonly #versions: BotVersions | undefined;

  /** @param origin the same repository on another executor, whose parts it shares @internal */
  constructor(context: RepositoryContext, origin?: BotRepository) {
    super('bots', context);
    this.#schema = origin === undefined ? botSchema(context.defaultExchange) : origin.#schema;
    this.#versions = context.versions;
  }

  /**
   * Adds a bot.
   *
   * @example
   * ```ts
   * const bot = await db.bots.add({
   *   name: 'grid-1', strategyName: 'grid', symbol: 'BTC-USDT', timeframe: '5m', virtualBalance: '1000',
   * });
   * ```
   *
   * @returns the bot as it is stored, with its id and version 1
   * @throws InvalidInputError when a field is faulty
   * @throws DuplicateError when the name is taken
   */
  async add<C extends BotConfig>(bot: BotInput<C>): Promise<StoredBot<Named<C>>> {
    const checked = parse(this.operation('add'), this.#schema, bot);
    const stored = await this.#change('add', async (session): Promise<StoredBot<Named<C>>> => {
      const now = new Date();
      const entity = session.em.create(session.tables.bots.entity, {
        ...checked,
        lastHeartbeat: null,
        version: 1,
        createdAt: now,
        updatedAt: now,
      });
      await session.em.persist(entity).flush();
      this.#versions?.wrote(entity);
      return toStored(session, entity);
    });
    return this.#heard('add', stored);
  }

  /**
   * Reads a bot by its id, or `null` when there is none.
   *
   * @example const bot = await db.bots.getById<GridConfig>(1);
   */
  async getById<C extends BotConfig = JsonObject>(id: number): Promise<StoredBot<C> | null> {
    const checked = parse(this.operation('getById'), botIdSchema, id);
    return this.#readOne('getById', { id: checked });
  }

  /**
   * Reads a bot by its name, letter by letter, or `null` when there is none.
   *
   * @example const bot = await db.bots.getByName('grid-1');
   */
  async getByName<C extends BotConfig = JsonObject>(name: string): Promise<StoredBot<C> | null> {
    const checked = parse(this.operation('getByName'), botNameSchema, name);
    return this.#readOne('getByName', { name: checked });
  }

  /**
   * Lists bots by ascending id; every condition of the filter must hold.
   *
   * @example const active = await db.bots.list({ status: 'active' });
   */
  async list<C extends BotConfig = JsonObject>(filter: BotFilter = {}): Promise<StoredBot<C>[]> {
    const { limit, ...conditions } = parse(this.operation('list'), botFilterSchema, filter);
    return this.read('list', async (session) => {
      const bots = await session.em.find(session.tables.bots.entity, defined(conditions), {
        orderBy: { id: 'asc' },
        ...(limit === undefined ? {} : { limit }),
      });
      return bots.map((bot) => this.#handOut(session, bot));
    });
  }

  /**
   * Changes fields of a bot that was read: it fails when somebody else has changed it since. By its id alone,
   * and outside a transaction that has read it, the last one wins, field by field: for values that do not
   * depend on what is stored. A balance that is counted up is one for `adjustBalance()` or `modify()`.
   *
   * @example
   * ```ts
   * const bot = await db.bots.getByName('grid-1');
   * await db.bots.update(bot, { status: 'paused' });        // as it was read, or a ConflictError
   * await db.bots.update(bot.id, { status: 'paused' });     // whatever is stored
   * await db.bots.update(1, { status: 'paused' }, { expectedVersion: 3 });
   * ```
   *
   * @returns the bot as it is stored now, its version one higher if anything changed; `null` when there is none
   * @throws InvalidInputError when a field is faulty or none is given
   * @throws ConflictError when the stored version is not the expected one; in a transaction that has read the bot
   *   under the expected version, only when running it again has not helped
   * @throws DuplicateError when the new name is taken
   */
  async update<C extends BotConfig = JsonObject>(
    bot: number | StoredBot<C>,
    changes: BotChanges,
    options: UpdateBotOptions = {},
  ): Promise<StoredBot<C> | null> {
    const operation = this.operation('update');
    const { id, version }: Partial<Versioned> =
      typeof bot === 'object' && bot !== null
        ? parse(operation, versionedBotSchema, bot)
        : { id: parse(operation, botIdSchema, bot) };
    const checked = parse(operation, botChangesSchema, changes);
    const { expectedVersion = version } = parse(operation, updateOptionsSchema, options);
    const stored = await this.#change('update', async (session): Promise<StoredBot<C> | null> => {
      const stored = await lockOne(session, id);
      if (stored === null) {
        return null;
      }
      this.#assertUnchanged(operation, stored, expectedVersion);
      return this.#apply(session, stored, checked);
    });
    return this.#heard('update', stored);
  }

  /**
   * Reads a bot, asks a function what to change, and writes that: nobody changes the bot in between. The function
   * must do no more than work it out, since it is run again where the database has undone the first time.
   *
   * @example await db.bots.modify(1, ({ config }) => ({ config: { ...config, grids: 12 } }));
   * @param change gives the changes, or nothing where there are none; it may not be asynchronous, since the bot is
   *   locked meanwhile: for that, read the bot in a transaction and `update()` it there
   * @returns the bot as it is stored now; `null` when there is none
   * @throws InvalidInputError when a change is faulty; what the function throws, as it is. Nothing is changed then
   * @throws DuplicateError when the new name is taken
   */
  async modify<C extends BotConfig = JsonObject>(
    id: number,
    change: (bot: StoredBot<C>) => BotChanges | null | undefined,
  ): Promise<StoredBot<C> | null> {
    const operation = this.operation('modify');
    const checkedId = parse(operation, botIdSchema, id);
    parse(operation, changeSchema, change);
    const outcome = await this.#change('modify', async (session): Promise<() => StoredBot<C> | null> => {
      const bot = await lockOne(session, checkedId);
      if (bot === null) {
        return () => null;
      }
      this.#assertUnchanged(operation, bot);
      let changes: BotChanges | null | undefined;
      try {
        changes = change(this.#handOut(session, bot));
      } catch (error) {
        // the caller's own: neither tried again nor told in other words
        return () => {
          throw error;
        };
      }
      const stored: StoredBot<C> =
        changes == null
          ? this.#handOut(session, bot)
          : await this.#apply(session, bot, parse(operation, botChangesSchema, changes));
      return () => stored;
    });
    return this.#heard('modify', outcome());
  }

  /**
   * Adds to a bot's current balance, exactly and in one statement: of changes made at once none is lost. It counts
   * as a change of the bot, so its version is one higher afterwards. The balance may become negative.
   *
   * @example await db.bots.adjustBalance(bot.id, '-1.25');
   * @param by a decimal with at most 18 digits before and after the point, negative to take away
   * @returns the bot as it is stored now; `null` when there is none
   * @throws InvalidInputError when the amount is faulty
   * @throws DatabaseOperationError of kind `constraint` when the balance would have more than 18 digits before the
   *   point; of kind `connection` when the connection was lost while it was committed: it is then not known whether
   *   it was stored, and it is not tried again
   */
  async adjustBalance<C extends BotConfig = JsonObject>(id: number, by: DecimalInput): Promise<StoredBot<C> | null> {
    const operation = this.operation('adjustBalance');
    const checkedId = parse(operation, botIdSchema, id);
    const amount = parse(operation, amountSchema, by);
    const stored = await this.#change('adjustBalance', async (session): Promise<StoredBot<C> | null> => {
      if (!(await addToBalance(session, operation, checkedId, amount))) {
        return null;
      }
      const bot = await session.em.findOneOrFail(session.tables.bots.entity, { id: checkedId });
      this.#versions?.counted(bot);
      return toStored(session, bot);
    });
    return this.#heard('adjustBalance', stored);
  }

  /**
   * Deletes a bot.
   *
   * @example if (await db.bots.delete(1)) console.log('gone');
   * @returns whether there was one
   */
  async delete(id: number): Promise<boolean> {
    const checked = parse(this.operation('delete'), botIdSchema, id);
    const deleted = await this.#change('delete', async (session) => {
      if (this.#versions?.of(checked) !== undefined) {
        const bot = await lockOne(session, checked);
        if (bot !== null) {
          this.#assertUnchanged(this.operation('delete'), bot);
        }
      }
      return (await session.em.nativeDelete(session.tables.bots.entity, { id: checked })) > 0;
    });
    this.wrote('delete', () => (deleted ? `deleted bot ${checked}` : NOT_FOUND));
    return deleted;
  }

  /**
   * Notes that a bot is alive. It only moves forward in time, and leaves `version` and `updatedAt` as they
   * are: a heartbeat each second must not make everybody else's update a conflict.
   *
   * @example await db.bots.recordHeartbeat(bot.id);
   * @param at when it was alive; now by default
   * @returns whether there is such a bot
   */
  async recordHeartbeat(id: number, at?: InstantInput): Promise<boolean> {
    const operation = this.operation('recordHeartbeat');
    const checkedId = parse(operation, botIdSchema, id);
    const time = parse(operation, heartbeatSchema, at) ?? new Date();
    const work = (session: Session): Promise<boolean> => noteHeartbeat(session, checkedId, time);
    const noted = await this.run('recordHeartbeat', { idempotent: true }, work);
    this.wrote('recordHeartbeat', () => (noted ? `stored heartbeat of bot ${checkedId}` : NOT_FOUND));
    return noted;
  }

  /**
   * Lists the bots that should be alive and gave no sign of it for a time: all but the inactive ones. A bot
   * that never gave any counts from when it was added.
   *
   * @example const silent = await db.bots.findStale(60_000); // for more than a minute
   * @param olderThanMs milliseconds since the last heartbeat
   */
  async findStale<C extends BotConfig = JsonObject>(olderThanMs: number): Promise<StoredBot<C>[]> {
    const age = parse(this.operation('findStale'), staleSchema, olderThanMs);
    const before = new Date(Date.now() - age);
    return this.read('findStale', async (session) => {
      const bots = await session.em.find(
        session.tables.bots.entity,
        {
          status: { $ne: 'inactive' },
          $or: [{ lastHeartbeat: { $lt: before } }, { lastHeartbeat: null, createdAt: { $lt: before } }],
        },
        { orderBy: { id: 'asc' } },
      );
      return bots.map((bot) => this.#handOut(session, bot));
    });
  }

  #readOne<C extends BotConfig>(method: string, condition: Partial<Bot>): Promise<StoredBot<C> | null> {
    return this.read(method, async (session) => {
      const bot = await session.em.findOne(session.tables.bots.entity, condition);
      return bot === null ? null : this.#handOut<C>(session, bot);
    });
  }

  /** A bot for the caller to decide by. */
  #handOut<C extends BotConfig>(session: Session, bot: Bot): StoredBot<C> {
    this.#versions?.read(bot);
    return toStored(session, bot);
  }

  /**
   * Compares a bot that is locked with what the caller has seen of it. Where this transaction has read that, it is
   * run again as after a deadlock: it would read the bot as it is now. What was read outside stays as it is.
   */
  #assertUnchanged(operation: string, bot: Bot, expectedVersion?: number): void {
    const known = this.#versions?.of(bot.id);
    const expected = expectedVersion ?? known;
    if (expected === undefined || bot.version === expected) {
      return;
    }
    const message = `bot ${bot.id} is at version ${bot.version}, not ${expected}; read it again and decide anew`;
    const cause = Object.assign(new Error('it was read in the transaction'), { code: 'VERSION_CHANGED' });
    const again = expected === known ? { retryable: true, cause } : {};
    throw new ConflictError(operation, message, { expected, actual: bot.version, ...again });
  }

  async #apply<C extends BotConfig>(session: Session, bot: Bot, changes: CheckedChanges): Promise<StoredBot<C>> {
    if (await writeChanges(session, bot, changes)) {
      this.#versions?.wrote(bot);
    }
    return toStored(session, bot);
  }

  #heard<B extends Versioned | null>(method: string, bot: B): B {
    this.wrote(method, () => saidOfBot(bot));
    return bot;
  }

  /** A change, in a transaction of its own: until that is committed it may be begun anew, and then it may not. */
  #change<T>(method: string, work: (session: Session) => Promise<T>): Promise<T> {
    let committing = false;
    return this.run(method, { idempotent: () => !committing, atomic: true }, async (session) => {
      committing = false;
      await session.assertNoDrift(session.tables.bots);
      const result = await work(session);
      committing = true;
      return result;
    });
  }
}
