import type { Connection } from 'mysql2';

/** The part of the driver's connection that numbers packets and takes those that came. */
interface Numbered {
  sequenceId: number;
  handlePacket(packet: { readonly sequenceId: number } | undefined): void;
}

/**
 * Makes sure that a connection compresses as it was asked to, once it is open. What a server sends inside of
 * compressed packets goes on with the numbers of those, which the driver takes for packets out of order, and says
 * so on the console of the process.
 *
 * @throws Error when the server does not compress: the driver would go on without
 */
export function assertCompressed(raw: Connection): void {
  if (!raw.config.compress) {
    throw Object.assign(new Error('the server does not compress by zlib'), { code: 'COMPRESSION_NOT_SUPPORTED' });
  }
  const connection = raw as unknown as Numbered;
  const handle = connection.handlePacket;
  connection.handlePacket = (packet) => {
    if (packet !== undefined) {
      connection.sequenceId = packet.sequenceId;
    }
    handle.call(raw, packet);
  };
}
