import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that passes everything on, except answers that it was told to keep. */
export interface StallingProxy {
  /** Where it is to be found, for a URL that leads to its target. */
  through(url: string): string;
  /** From the next time this text is sent on a connection, that connection hears nothing more. */
  stallAfter(text: string): void;
  /** Connections made through it so far. */
  readonly connections: number;
  close(): Promise<void>;
}

/** Opens a proxy on a free port of this machine. */
export async function openStallingProxy(targetUrl: string): Promise<StallingProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let trigger: string | undefined;
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(Number(target.port || 3306), target.hostname);
    let stalled = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // a connection that is given up fails on either side; that is what it is for
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (data) => {
      if (trigger !== undefined && data.includes(trigger)) {
        trigger = undefined;
        stalled = true;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!stalled) {
        client.write(data);
      }
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    through: (url) => {
      const proxied = new URL(url);
      proxied.hostname = '127.0.0.1';
      proxied.port = String(port);
      return proxied.href;
    },
    stallAfter: (text) => {
      trigger = text;
    },
    get connections() {
      return connections;
    },
    close: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
