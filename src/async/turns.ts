/** Rows that are worked on at once: some milliseconds' worth. */
export const ROWS_PER_TURN = 4_096;

/** Lets timers, sockets and other callers have their turn. */
export type Turn = () => Promise<void>;

/**
 * Does work that stops after every {@link ROWS_PER_TURN} rows, so that a batch of a million does not hold up the
 * process. What ends before it first stops is done at once.
 *
 * @param turn is taken wherever the work stops; without it all is done at once
 */
export function inTurns<T>(work: Generator<void, T>): T;
export function inTurns<T>(work: Generator<void, T>, turn: Turn | undefined): T | Promise<T>;
export function inTurns<T>(work: Generator<void, T>, turn?: Turn): T | Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) {
      return step.value;
    }
    if (turn !== undefined) {
      return goOn(work, turn);
    }
  }
}

async function goOn<T>(work: Generator<void, T>, turn: Turn): Promise<T> {
  for (;;) {
    await turn();
    const step = work.next();
    if (step.done === true) {
      return step.value;
    }
  }
}
