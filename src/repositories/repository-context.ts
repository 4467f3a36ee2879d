import type { Executor, WriterHost } from '../executor/executor.ts';
import type { DefaultExchange } from '../schemas/primitives.ts';
import type { BotVersions } from './bot-versions.ts';

/** What repositories work with: those of an instance, or those of one transaction. */
export interface RepositoryContext {
  readonly executor: Executor;
  readonly writers: WriterHost;
  readonly defaultExchange: DefaultExchange;
  /** In a transaction, the version of each bot that it has read. */
  readonly versions?: BotVersions;
}
