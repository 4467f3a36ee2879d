/** ProxySQL reaches no server. Source: ProxySQL source, lib/MySQL_Session.cpp. */
const NO_SERVER_REACHED: ReadonlySet<number> = new Set([9001, 9002]);

/**
 * Whether a server says so. A failed connection has no number, or a negative one of the system's. A proxy that has
 * lost its server answers with a number that servers leave to clients, 2000 to 2999, or one of its own. Sources: MySQL
 * "Error Message Components" and "Client Error Message Reference".
 */
export function isServerError(error: unknown): boolean {
  const { errno } = error as { readonly errno?: unknown };
  return typeof errno === 'number' && errno > 0 && (errno < 2000 || errno > 2999) && !NO_SERVER_REACHED.has(errno);
}
