import type { PoolSettings } from '../../config/settings.ts';
import { CLOSES, OPENS, traced } from '../../telemetry/channels.ts';
import type { PhysicalConnection } from '../physical-connection.ts';
import { closeSoon, isAlive, resetSession } from './connection-upkeep.ts';
import { noneFree, poolClosed } from './pool-errors.ts';
import type { Unsettled } from './unsettled.ts';
import { WaitingCallers } from './waiting-callers.ts';

/** A pool's present state. */
export interface PoolState {
  /** Open connections. */
  readonly size: number;
  /** Those that are idle. */
  readonly free: number;
  /** Callers that wait for one. */
  readonly pending: number;
}

/** What the pool notes about one of its connections. */
interface Member {
  readonly generation: number;
  /** When it is old enough to be replaced. */
  readonly oldAt: number;
  lent: boolean;
  freeSince: number;
}

/** A connection that was in use this shortly ago is alive; asking it would double what a quick statement costs. */
const SURELY_ALIVE_MS = 500;
/** Connections that were opened together are replaced within this part of their age, not all at once. */
const RECYCLE_SPREAD = 0.1;
const REAP_EVERY_MS = 1_000;

/**
 * Connections, lent in the order in which they were asked for.
 *
 * The ORM's and mysql2's pools have no limit on how long one waits, and tarn, Knex's pool, makes two timers
 * and four promises for each loan, which is a tenth of what a quick statement takes. Here a connection that
 * is free is lent at once, and a timer is made only for who has to wait.
 *
 * @internal
 */
export class ConnectionPool {
  readonly #create: () => Promise<PhysicalConnection>;
  readonly #settings: PoolSettings;
  readonly #unsettled: Pick<Unsettled, 'empty' | 'settle'> | undefined;
  readonly #members = new Map<PhysicalConnection, Member>();
  /** Those nobody has, the last used one last: it is lent first, so that the others come to rest. */
  readonly #free: PhysicalConnection[] = [];
  readonly #waiting = new WaitingCallers();
  /** Those that are being closed. */
  readonly #farewells = new Map<PhysicalConnection, Promise<void>>();
  readonly #openings = new Set<Promise<void>>();
  /** Those that are being checked or reset: on their way to who waits, like those that are being opened. */
  #tending = 0;
  #settling = false;
  #generation = 0;
  #reaper: NodeJS.Timeout | undefined;
  #destroyed = false;
  readonly #empty = Promise.withResolvers<void>();

  /** @param unsettled what lost connections have left behind: nothing is lent before it is settled */
  constructor(
    create: () => Promise<PhysicalConnection>,
    settings: PoolSettings,
    unsettled?: Pick<Unsettled, 'empty' | 'settle'>,
  ) {
    this.#create = create;
    this.#settings = settings;
    this.#unsettled = unsettled;
  }

  /**
   * Lends a connection.
   *
   * @throws AcquireTimeout when none was free in time, and whatever opening one throws
   */
  async acquire(): Promise<PhysicalConnection> {
    if (this.#destroyed) {
      throw poolClosed();
    }
    // who came first is served first, also when one has just become free
    const free = this.#waiting.size === 0 && this.#lends ? this.#takeFree() : undefined;
    if (free !== undefined) {
      return free;
    }
    const lent = this.#waiting.wait(this.#settings.acquireTimeoutMs, () => this.#noneFree());
    this.#serve();
    return lent;
  }

  /**
   * Takes a connection back.
   *
   * @param touched whether its session may differ from what it was: it is then reset before it is lent again
   */
  release(connection: PhysicalConnection, touched = false): void {
    const member = this.#members.get(connection);
    // whoever had it when all were cut off gives it back late
    if (member?.lent !== true) {
      return;
    }
    member.lent = false;
    if (touched && connection.usable && connection.reset !== undefined) {
      void this.#tend(connection, () => resetSession(connection));
    } else {
      this.#offer(connection, member);
      this.#serve();
    }
  }

  /** Waits until those have been opened that are to be there before they are needed, as far as they can be. */
  async filled(): Promise<void> {
    this.#fill();
    await Promise.all(this.#openings);
  }

  get state(): PoolState {
    return { size: this.#members.size, free: this.#free.length, pending: this.#waiting.size };
  }

  /** Closes the idle connections now and those in use when they come back. */
  clear(): void {
    this.#generation += 1;
    this.#keep((connection, member) => this.#isGood(connection, member));
  }

  /** Waits for the connections in use to come back, then closes them all; `force` closes them at once. */
  async destroy(force = false): Promise<void> {
    this.#destroyed = true;
    clearInterval(this.#reaper);
    this.#waiting.failAll(poolClosed());
    this.#keep(() => false);
    if (force) {
      for (const connection of [...this.#members.keys(), ...this.#farewells.keys()]) {
        connection.abort();
      }
      // whoever has one may take for ever to give it back, and a server to answer: the pool waits for neither
      this.#members.clear();
      this.#empty.resolve();
      return;
    }
    this.#tellEmpty();
    await this.#empty.promise;
    await Promise.all(this.#farewells.values());
  }

  /** Whether nothing that was sent before can overtake what is sent now. */
  get #lends(): boolean {
    return this.#unsettled?.empty !== false;
  }

  #noneFree(): Error {
    const lent = this.#members.size - this.#free.length - this.#tending;
    let atWork = 0;
    for (const [connection, member] of this.#members) {
      atWork += member.lent && connection.silent !== true ? 1 : 0;
    }
    const { acquireTimeoutMs, max } = this.#settings;
    return noneFree({ acquireTimeoutMs, max, lends: this.#lends, lent, atWork, waiting: this.#waiting.size });
  }

  /** Sees to it that a connection is on its way for each caller who waits, as far as there is room. */
  #serve(): void {
    if (!this.#lends) {
      void this.#settle();
      return;
    }
    while (!this.#destroyed && this.#waiting.size > this.#openings.size + this.#tending) {
      const ready = this.#takeFree();
      const doubtful = ready === undefined ? this.#free.pop() : undefined;
      if (ready !== undefined) {
        this.#waiting.serveFirst(ready);
      } else if (doubtful !== undefined) {
        void this.#tend(doubtful, () => this.#isStillAlive(doubtful));
      } else if (this.#members.size + this.#openings.size < this.#settings.max) {
        this.#open();
      } else {
        return;
      }
    }
  }

  /** Waits until nothing is unsettled any more; who waits for a connection waits for that too. */
  async #settle(): Promise<void> {
    if (this.#settling || this.#waiting.size === 0) {
      return;
    }
    this.#settling = true;
    try {
      await this.#unsettled?.settle(() => this.#destroyed);
    } catch (error) {
      // idle connections may be what the server has too many of, and are dead where it is gone
      this.#keep(() => false);
      this.#waiting.failAll(error);
    }
    this.#settling = false;
    this.#serve();
  }

  /** Lends a free connection that needs no check, where there is one. */
  #takeFree(): PhysicalConnection | undefined {
    for (let connection = this.#free.at(-1); connection !== undefined; connection = this.#free.at(-1)) {
      const member = this.#members.get(connection) as Member;
      const good = this.#isGood(connection, member);
      if (good && this.#isDoubtful(connection, member)) {
        return undefined;
      }
      this.#free.pop();
      if (good) {
        member.lent = true;
        return connection;
      }
      this.#drop(connection);
    }
    return undefined;
  }

  /** Takes a connection in, new or back, and hands it to whoever waits longest. */
  #offer(connection: PhysicalConnection, member: Member): void {
    if (this.#destroyed || !this.#isGood(connection, member)) {
      this.#drop(connection);
      return;
    }
    if (this.#waiting.size > 0 && this.#lends) {
      member.lent = true;
      this.#waiting.serveFirst(connection);
      return;
    }
    member.freeSince = performance.now();
    this.#free.push(connection);
    this.#reaper ??= setInterval(() => this.#reap(), REAP_EVERY_MS).unref();
  }

  #open(): void {
    const opening: Promise<void> = this.#opened(() => this.#openings.delete(opening));
    this.#openings.add(opening);
  }

  async #opened(done: () => void): Promise<void> {
    const generation = this.#generation;
    try {
      const connection = await traced(OPENS, () => ({}), this.#create);
      const { recycleMs } = this.#settings;
      const age = recycleMs > 0 ? recycleMs * (1 - RECYCLE_SPREAD * Math.random()) : Number.POSITIVE_INFINITY;
      const member = { generation, oldAt: performance.now() + age, lent: false, freeSince: 0 };
      done();
      this.#members.set(connection, member);
      this.#offer(connection, member);
      this.#fill();
    } catch (error) {
      done();
      // the others may fare better, or hear the same
      this.#waiting.failFirst(error);
    }
    this.#serve();
    this.#tellEmpty();
  }

  /** Does something to a connection that nobody has, after which it is lent again, or dropped. */
  async #tend(connection: PhysicalConnection, work: () => Promise<boolean>): Promise<void> {
    this.#tending += 1;
    const good = await work();
    this.#tending -= 1;
    const member = this.#members.get(connection);
    if (member !== undefined && good) {
      this.#offer(connection, member);
    } else {
      this.#drop(connection);
    }
    this.#serve();
  }

  async #isStillAlive(connection: PhysicalConnection): Promise<boolean> {
    const alive = await isAlive(connection);
    if (!alive) {
      // whatever ended this one has likely ended the others too, and a silent network takes its time for each
      for (const other of this.#free.splice(0)) {
        void this.#tend(other, () => isAlive(other));
      }
    }
    return alive;
  }

  /** Opens those that are to be there before they are needed. What goes wrong is told to who needs one. */
  #fill(): void {
    while (!this.#destroyed && this.#members.size + this.#openings.size < this.#settings.min) {
      this.#open();
    }
  }

  #reap(): void {
    const now = performance.now();
    const { min, idleTimeoutMs } = this.#settings;
    let spare = this.#members.size - min;
    this.#keep((connection, member) => {
      const idle = spare > 0 && now - member.freeSince >= idleTimeoutMs;
      const keep = this.#isGood(connection, member) && !idle;
      spare -= keep ? 0 : 1;
      return keep;
    });
    this.#fill();
    if (this.#members.size + min === 0) {
      clearInterval(this.#reaper);
      this.#reaper = undefined;
    }
  }

  /** Drops the free connections that are not to be kept, beginning with the one that was idle longest. */
  #keep(keep: (connection: PhysicalConnection, member: Member) => boolean): void {
    for (const connection of this.#free.splice(0)) {
      if (keep(connection, this.#members.get(connection) as Member)) {
        this.#free.push(connection);
      } else {
        this.#drop(connection);
      }
    }
  }

  #isGood(connection: PhysicalConnection, { generation, oldAt }: Member): boolean {
    const current = generation === this.#generation && performance.now() < oldAt;
    return connection.usable && (current || !connection.replaceable);
  }

  #isDoubtful(connection: PhysicalConnection, { freeSince }: Member): boolean {
    const { preConnectCheck } = this.#settings;
    return preConnectCheck && connection.check !== undefined && performance.now() - freeSince >= SURELY_ALIVE_MS;
  }

  #drop(connection: PhysicalConnection): void {
    if (CLOSES.hasSubscribers) {
      CLOSES.publish({});
    }
    this.#members.delete(connection);
    const farewell = closeSoon(connection).finally(() => this.#farewells.delete(connection));
    this.#farewells.set(connection, farewell);
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    if (this.#destroyed && this.#members.size === 0 && this.#openings.size === 0) {
      this.#empty.resolve();
    }
  }
}
