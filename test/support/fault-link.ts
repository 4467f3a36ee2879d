import type { Socket } from 'node:net';

/** One direction of a line that all connections share: it may be slow to answer, and narrow. */
export class Link {
  delayMs = 0;
  bytesPerMs = Number.POSITIVE_INFINITY;
  #freeAt = 0;
  /** What is on its way to each end: nothing may overtake it. */
  readonly #onTheWay = new Map<Socket, Buffer[]>();

  /** Passes bytes on when the line has carried them; while it is narrow their sender is not listened to. */
  send(from: Socket, to: Socket, data: Buffer): void {
    const now = performance.now();
    this.#freeAt = Math.max(now, this.#freeAt) + data.length / this.bytesPerMs;
    const waitMs = this.#freeAt - now + this.delayMs;
    const before = this.#onTheWay.get(to);
    if (waitMs <= 0 && before === undefined) {
      pass(from, to, data);
      return;
    }
    const queue = before ?? [];
    queue.push(data);
    this.#onTheWay.set(to, queue);
    const narrow = Number.isFinite(this.bytesPerMs);
    if (narrow) {
      from.pause();
    }
    setTimeout(() => {
      if (narrow) {
        from.resume();
      }
      pass(from, to, queue.shift() as Buffer);
      if (queue.length === 0) {
        this.#onTheWay.delete(to);
      }
    }, waitMs);
  }
}

function pass(from: Socket, to: Socket, data: Buffer): void {
  if (!to.destroyed && !to.write(data)) {
    from.pause();
    to.once('drain', () => from.resume());
  }
}
