import type { OpenWriter } from '../repositories/session.ts';
import { closedError } from './operation-gate.ts';

/** The writers of an instance, each until it closes. */
export class OpenWriters {
  readonly #operations = new Map<OpenWriter, string>();

  add(operation: string, writer: OpenWriter): void {
    this.#operations.set(writer, operation);
    writer.once('close', () => this.#operations.delete(writer));
  }

  /** Lets every writer store what it holds; from then on they take no more. */
  async settle(): Promise<void> {
    await Promise.all(this.#each((writer, operation) => writer.settle(closedError(operation))));
  }

  /** Makes every writer drop what it holds. */
  cutOff(): void {
    this.#each((writer, operation) => writer.cutOff(closedError(operation)));
  }

  #each<T>(work: (writer: OpenWriter, operation: string) => T): T[] {
    return [...this.#operations].map(([writer, operation]) => work(writer, operation));
  }
}
