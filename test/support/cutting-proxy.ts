import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that passes everything on until it is told to cut. */
export interface CuttingProxy {
  readonly port: number;
  /** Cuts the connection that sends this text to the server, after the server has been sent it. */
  cutAfter(text: string): void;
  close(): Promise<void>;
}

/** Opens a proxy on a free port of this machine. */
export async function openCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let trigger: string | undefined;
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    let cut = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // a cut connection fails on either side; that is what it is for
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (data) => {
      if (trigger !== undefined && data.includes(trigger)) {
        trigger = undefined;
        cut = true;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      // the answer is what gets lost: the server has done its work
      if (cut) {
        client.destroy();
        upstream.destroy();
      } else {
        client.write(data);
      }
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cutAfter: (text) => {
      trigger = text;
    },
    close: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
