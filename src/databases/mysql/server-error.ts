/** ProxySQL cannot reach a server. Source: ProxySQL source, lib/MySQL_Session.cpp. */
const NO_SERVER_REACHED: ReadonlySet<number> = new Set([9001, 9002]);

/**
 * Whether an error comes from the server itself. An error of the network has no number, or a negative one of the system.
 * A proxy that lost its server answers with a client's error number, 2000 to 2999, or one of its own. Sources: MySQL
 * "Error Message Components" and "Client Error Message Reference".
 */
export function isServerError(error: unknown): boolean {
  const { errno } = error as { readonly errno?: unknown };
  return typeof errno === 'number' && errno > 0 && (errno < 2000 || errno > 2999) && !NO_SERVER_REACHED.has(errno);
}
