import type { TlsSettings } from '../../config/tls.ts';
import type { LostStatements } from './lost-statements.ts';
import type { ProcessList } from './process-list.ts';
import type { SessionSettings } from './session-statements.ts';
import type { SilenceSettings } from './silence-watch.ts';

/** How a connection is used, apart from its address. */
export interface ServerSession {
  /** The user's own statements, sent first. */
  readonly initStatements: readonly string[];
  /** What the library relies on. It is set after them, so that it holds whatever they did. */
  readonly settings: SessionSettings;
  /** The server's names for error numbers that the driver names differently. */
  readonly errorNames?: Readonly<Record<number, string>>;
  readonly tls: TlsSettings | undefined;
  /** What happens when the server is silent during a statement. */
  readonly silence: SilenceSettings;
  /** Asks the server about this connection, on another one. */
  readonly processes: ProcessList;
  /** Statements whose connection was lost before they were answered. */
  readonly lostStatements: LostStatements;
}

/** Gives an error the name that its server uses. */
export function withServerName<E extends Error & { readonly errno?: number | undefined }>(
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
  /** Variables that not every server version has; those that this server lacks are removed. */
  readonly #whereKnown: Map<string, string>;

  constructor({ assignments, whereKnown }: SessionSettings) {
    this.#assignments = assignments;
    this.#whereKnown = new Map(Object.entries(whereKnown));
  }

  /** Sets everything by one statement. If the server lacks a variable, the statement is sent again without it. */
  async set(send: (statement: string) => Promise<unknown>): Promise<void> {
    const optional = [...this.#whereKnown].map(([name, value]) => `${name} = ${value}`);
    try {
      await send(`set ${[...this.#assignments, ...optional].join(', ')}`);
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
