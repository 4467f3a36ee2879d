import type { TlsSettings } from '../../config/tls.ts';
import { shownCause } from '../../errors/shown-fault.ts';
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

/**
 * Sets a session by one statement. If the server lacks a variable, the statement is sent again without it.
 *
 * @returns the statement, which sets the session again after a reset
 */
export async function setSession(
  { assignments, whereKnown }: SessionSettings,
  send: (statement: string) => Promise<unknown>,
): Promise<string> {
  const optional = Object.entries(whereKnown).map(([name, value]) => `${name} = ${value}`);
  const statement = `set ${[...assignments, ...optional].join(', ')}`;
  try {
    await send(statement);
    return statement;
  } catch (error) {
    const { errno, message } = error as { readonly errno?: number; readonly message: string };
    const unknown = Object.keys(whereKnown).find((name) => message.includes(`'${name}'`));
    if (errno !== UNKNOWN_VARIABLE || unknown === undefined) {
      throw error;
    }
    const { [unknown]: _unknown, ...known } = whereKnown;
    return setSession({ assignments, whereKnown: known }, send);
  }
}

/** The user's own statements have failed, or have done what they must not do. */
export function initStatementFailed(message: string, cause?: Error): Error {
  const options = cause === undefined ? undefined : { cause: shownCause(cause) };
  return Object.assign(new Error(message, options), { code: 'INIT_STATEMENT_FAILED' });
}
