/** ER_NET_PACKET_TOO_LARGE */
export const PACKET_TOO_LARGE = 1153;
/** What goes before a text in its packet: the command, and the two empty counts of MySQL's query attributes. */
const BYTES_BEFORE_TEXT = 3;

/**
 * Refuses a statement that the server would refuse. It hangs up as soon as it has read the length, so its own error
 * is often lost while the rest is still on its way, and looks like a lost connection. Source: MySQL and MariaDB,
 * "max_allowed_packet".
 *
 * @throws Error with the server's own number; nothing was sent
 */
export function assertFits(sql: string, maxStatementBytes: number): void {
  const bytes = Buffer.byteLength(sql);
  if (bytes >= maxStatementBytes - BYTES_BEFORE_TEXT) {
    const message = `a statement of ${bytes} bytes is more than the server takes (${maxStatementBytes})`;
    throw Object.assign(new Error(message), { code: 'ER_NET_PACKET_TOO_LARGE', errno: PACKET_TOO_LARGE });
  }
}
