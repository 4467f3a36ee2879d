import type { Environment } from '../index.ts';

/** What the command line needs of the process it runs in. Handed in, so that a test can be one. */
export interface Host {
  readonly environment: Environment;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Where SIGINT and SIGTERM arrive. */
  readonly signals: Pick<NodeJS.Process, 'on' | 'off'>;
  /** Ends at once: the way out when the user does not want to wait. */
  exit(code: number): void;
}
