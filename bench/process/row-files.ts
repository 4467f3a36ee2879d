import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Contestant } from '../contestants.ts';
import { candlesOf } from '../data/candles.ts';
import { rawPointsOf } from '../data/raw-points.ts';
import type { Order } from './order.ts';

const LINES_PER_WRITE = 2_000;

/** The rows to write as files, for contenders that cannot make them by the same code. */
export class RowFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The order as the contestant needs it. */
  orderFor({ language }: Contestant, order: Order): Order {
    return language === 'python' && 'set' in order ? { ...order, file: this.#fileOf(order) } : order;
  }

  #fileOf(order: Extract<Order, { set: unknown }>): string {
    const name = JSON.stringify(order.set).replaceAll(/\W+/g, '-');
    const file = join(this.#folder, `${order.kind === 'insert-raw' ? 'raw' : 'candles'}${name}.jsonl`);
    if (!existsSync(file)) {
      const rows = order.kind === 'insert-raw' ? rawPointsOf(order.set) : candlesOf(order.set);
      let lines: string[] = [];
      for (const row of rows) {
        lines.push(`${JSON.stringify(row)}\n`);
        if (lines.length === LINES_PER_WRITE) {
          appendFileSync(file, lines.join(''));
          lines = [];
        }
      }
      appendFileSync(file, lines.join(''));
    }
    return file;
  }
}
