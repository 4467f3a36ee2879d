import type { Environment } from '../index.ts';

/** What the command line needs of its process. It is passed in, so that a test can take the place of a process. */
export interface Host {
  readonly environment: Environment;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Where SIGINT and SIGTERM arrive. */
  readonly signals: Pick<NodeJS.Process, 'on' | 'off'>;
  /** Exits at once, for a user who does not want to wait. */
  exit(code: number): void;
}
