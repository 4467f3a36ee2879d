import { connect, createServer, type Socket } from 'node:net';
import { Link } from './fault-link.ts';

/** What becomes of one connection the next time a text is sent on it to the server. */
type Fault = 'cut-answer' | 'deny' | 'halve-answer' | 'halve-request' | 'hold-request' | 'refuse' | 'stall';

/** An error that the proxy answers with. */
interface ProxyError {
  readonly errno: number;
  readonly sqlState: string;
  readonly message: string;
}

/** A TCP proxy in front of a server. It passes everything on, until a test makes it misbehave. */
export interface FaultProxy {
  readonly port: number;
  /** Connections made through it so far. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Whether a fault still waits for its text to be sent. */
  readonly armed: boolean;
  /** Its URL, for a URL of its target. */
  through(url: string): string;
  /** Resets the connection that sends this text next, before its answer: the server has done its work. */
  cutAfter(text: string): void;
  /** Passes half of what holds this text to the server, then resets the connection. */
  cutWithin(text: string): void;
  /**
   * Resets the connection that sends this text next, but keeps what was sent, and passes it to the server later, as
   * a proxy does that has its buffers full.
   *
   * @returns passes it on
   */
  holdBack(text: string): () => void;
  /** Passes half of the answer to this text to the client, then resets the connection. */
  halveAnswer(text: string): void;
  /**
   * Passes what holds this text to the server, and at once answers it with an error of its own, as a proxy does
   * that has lost the server. What the server answers is dropped. `always` does it until the proxy is healed.
   */
  refuse(text: string, errno: number, how?: 'once' | 'always'): void;
  /**
   * Answers what holds this text with an error and passes nothing on, as a proxy does that does not take a command. The
   * connection goes on. `always` does it until the proxy is healed.
   */
  deny(text: string, error: ProxyError, how?: 'once' | 'always'): void;
  /** From the next time this text is sent on a connection, that connection hears nothing more. */
  stallAfter(text: string): void;
  /** Gives new connections its own numbers, as a proxy does that shares its server's connections. */
  countAnew(): void;
  /**
   * Hides a connection from the server's list, as a proxy does that has its own list.
   *
   * @returns shows them again
   */
  hideProcesses(): () => void;
  /** Sends new connections to another server, as a load balancer does; existing ones stay. */
  leadTo(url: string): void;
  /** Resets every connection. New ones are taken. */
  resetAll(): void;
  /** Resets every connection, and each new one, until it is healed. */
  cutOff(): void;
  /**
   * Accepts connections and bytes and silently passes nothing on, until it is healed. A connection that
   * existed meanwhile stays dead, since bytes of it are lost.
   */
  blackHole(): void;
  /** Passes everything on again, at once. */
  heal(): void;
  /** Delays every answer, by milliseconds. */
  delay(ms: number): void;
  /** Lets so many bytes pass in a second, in each direction and over all connections. */
  limit(bytesPerSecond: number): void;
  close(): Promise<void>;
}

/** One connection through the proxy. */
interface Passage {
  readonly client: Socket;
  readonly upstream: Socket;
  silent: boolean;
  fault: Fault | undefined;
}

const LIST = 'show processlist';
/** A query as long as {@link LIST}, since its length precedes it, which has no rows. */
const NO_ROWS = 'select 1 limit 0';

/** Opens a proxy on a free port of this machine. */
export async function openFaultProxy(targetUrl: string): Promise<FaultProxy> {
  let target = new URL(targetUrl);
  const held: (() => void)[] = [];
  const passages = new Set<Passage>();
  const requests = new Link();
  const answers = new Link();
  let counts = false;
  let hides = false;
  let armed: { readonly text: string; readonly fault: Fault } | undefined;
  let refusal = { error: refused(0), always: false };
  let connections = 0;
  let state: 'passing' | 'cut' | 'black' = 'passing';

  const reset = (passage: Passage): void => {
    passage.silent = true;
    passage.client.resetAndDestroy();
    passage.upstream.destroy();
  };
  const request = (passage: Passage, data: Buffer): void => {
    if (armed !== undefined && data.includes(armed.text)) {
      passage.fault = armed.fault;
      armed = (passage.fault === 'refuse' || passage.fault === 'deny') && refusal.always ? armed : undefined;
    }
    if (passage.fault === 'hold-request') {
      passage.client.removeAllListeners('close').on('close', () => passages.delete(passage));
      passage.client.resetAndDestroy();
      passage.silent = true;
      held.push(() => passage.upstream.write(data));
    } else if (passage.fault === 'refuse') {
      passage.upstream.write(data);
      passage.upstream.removeAllListeners('data').resume();
      passage.client.write(errorPacket(refusal.error));
    } else if (passage.fault === 'deny') {
      passage.fault = undefined;
      passage.client.write(errorPacket(refusal.error));
    } else if (passage.fault === 'halve-request') {
      passage.upstream.write(half(data));
      reset(passage);
    } else {
      if (hides && data.includes(LIST)) {
        data.write(NO_ROWS, data.indexOf(LIST));
      }
      requests.send(passage.client, passage.upstream, data);
    }
  };
  const answer = (passage: Passage, data: Buffer): void => {
    const { fault, client } = passage;
    if (fault === 'cut-answer') {
      reset(passage);
    } else if (fault === 'halve-answer') {
      passage.silent = true;
      // what was written has to leave before the reset, which would drop it
      client.write(half(data), () => reset(passage));
    } else if (fault !== 'stall') {
      answers.send(passage.upstream, client, data);
    }
  };

  const server = createServer({ noDelay: true }, (client) => {
    connections += 1;
    const upstream = connect({ port: Number(target.port || 3306), host: target.hostname, noDelay: true });
    const passage: Passage = { client, upstream, silent: state === 'black', fault: undefined };
    passages.add(passage);
    for (const socket of [client, upstream]) {
      // a connection that is cut fails on either side, as intended
      socket.on('error', () => undefined);
    }
    client.on('data', (data) => passage.silent || request(passage, data));
    if (counts) {
      upstream.once('data', (greeting) => renumber(greeting, connections));
    }
    upstream.on('data', (data) => passage.silent || answer(passage, data));
    client.on('close', () => {
      passages.delete(passage);
      upstream.destroy();
    });
    // a network that passes nothing does not pass the end of a connection either
    upstream.on('close', () => passage.silent || client.destroy());
    if (state === 'cut') {
      reset(passage);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const arm = (fault: Fault) => (text: string) => {
    armed = { text, fault };
  };
  const resetAll = (): void => {
    for (const passage of passages) {
      reset(passage);
    }
  };
  return {
    port,
    get connections() {
      return connections;
    },
    get open() {
      return passages.size;
    },
    get armed() {
      return armed !== undefined;
    },
    through: (url) => {
      const proxied = new URL(url);
      proxied.hostname = '127.0.0.1';
      proxied.port = String(port);
      return proxied.href;
    },
    cutAfter: arm('cut-answer'),
    cutWithin: arm('halve-request'),
    holdBack: (text) => {
      arm('hold-request')(text);
      return () => {
        for (const pass of held.splice(0)) {
          pass();
        }
      };
    },
    halveAnswer: arm('halve-answer'),
    refuse: (text, errno, how = 'once') => {
      refusal = { error: refused(errno), always: how === 'always' };
      arm('refuse')(text);
    },
    deny: (text, error, how = 'once') => {
      refusal = { error, always: how === 'always' };
      arm('deny')(text);
    },
    stallAfter: arm('stall'),
    countAnew: () => {
      counts = true;
    },
    hideProcesses: () => {
      hides = true;
      return () => {
        hides = false;
      };
    },
    leadTo: (url) => {
      target = new URL(url);
    },
    resetAll,
    cutOff: () => {
      state = 'cut';
      resetAll();
    },
    blackHole: () => {
      state = 'black';
      for (const passage of passages) {
        passage.silent = true;
      }
    },
    heal: () => {
      state = 'passing';
      counts = false;
      armed = undefined;
      answers.delayMs = 0;
      requests.bytesPerMs = answers.bytesPerMs = Number.POSITIVE_INFINITY;
    },
    delay: (ms) => {
      answers.delayMs = ms;
    },
    limit: (bytesPerSecond) => {
      requests.bytesPerMs = answers.bytesPerMs = bytesPerSecond / 1_000;
    },
    close: async () => {
      for (const { client, upstream } of passages) {
        client.destroy();
        upstream.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function half(data: Buffer): Buffer {
  return data.subarray(0, Math.floor(data.length / 2));
}

function refused(errno: number): ProxyError {
  return { errno, sqlState: 'HY000', message: 'refused by the proxy' };
}

/** The answer to the first packet of a command. Source: MySQL "Protocol::ERR_Packet". */
function errorPacket({ errno, sqlState, message }: ProxyError): Buffer {
  const text = Buffer.from(`__#${sqlState}${message}`);
  text.writeUInt16LE(errno);
  const header = Buffer.from([0, 0, 0, 1, 0xff]);
  header.writeUIntLE(text.length + 1, 0, 3);
  return Buffer.concat([header, text]);
}

/** The number follows the version, which ends with a zero. Source: MySQL "Protocol::HandshakeV10". */
function renumber(greeting: Buffer, number: number): void {
  greeting.writeUInt32LE(number, greeting.indexOf(0, 5) + 1);
}
