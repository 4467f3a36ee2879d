import type { TlsSettings } from '../../config/tls.ts';
import type { Unsettled } from '../pool/unsettled.ts';
import type { ProcessList } from './process-list.ts';
import type { SessionSettings } from './session-statements.ts';
import type { SilenceSettings } from './silence-watch.ts';

/** How a connection is spoken on, beyond how it is reached. */
export interface ServerSession {
  /** The statements of the user's own, sent first. */
  readonly initStatements: readonly string[];
  /** What is relied on: set after them, so that it holds whatever they did. */
  readonly settings: SessionSettings;
  /** What the server calls its errors, by their numbers, where that is not what the driver calls them. */
  readonly errorNames?: Readonly<Record<number, string>>;
  readonly tls: TlsSettings | undefined;
  /** What becomes of a statement to which the server says nothing. */
  readonly silence: SilenceSettings;
  /** Asks the server, on another connection, about this one. */
  readonly processes: ProcessList;
  /** Where statements are kept in mind whose answer has not come before the connection was lost. */
  readonly unsettled: Unsettled;
}

/** An error under the name that its server has for it. */
export function named<E extends Error & { readonly errno?: number | undefined }>(
  error: E,
  { errorNames }: Pick<ServerSession, 'errorNames'>,
): E {
  const name = error.errno === undefined ? undefined : errorNames?.[error.errno];
  return name === undefined ? error : Object.assign(error, { code: name });
}

const UNKNOWN_VARIABLE = 1193;

/** Sets one session, again after each reset. */
export class SessionSetter {
  readonly #assignments: readonly string[];
  /** Names of variables that not every server has; without those that this one was found not to have. */
  readonly #whereKnown: Map<string, string>;

  constructor({ assignments, whereKnown }: SessionSettings) {
    this.#assignments = assignments;
    this.#whereKnown = new Map(Object.entries(whereKnown));
  }

  /** One statement sets all; a server that lacks one of the variables is sent it again without that. */
  async set(send: (statement: string) => Promise<unknown>): Promise<void> {
    const further = [...this.#whereKnown].map(([name, value]) => `${name} = ${value}`);
    try {
      await send(`set ${[...this.#assignments, ...further].join(', ')}`);
    } catch (error) {
      if (!this.#forget(error as { readonly errno?: number; readonly message: string })) {
        throw error;
      }
      await this.set(send);
    }
  }

  #forget({ errno, message }: { readonly errno?: number; readonly message: string }): boolean {
    const unknown = [...this.#whereKnown.keys()].find((name) => message.includes(`'${name}'`));
    return errno === UNKNOWN_VARIABLE && unknown !== undefined && this.#whereKnown.delete(unknown);
  }
}
