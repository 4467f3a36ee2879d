/** What a special work in its own process sends when it is done. */
export interface TaskAnswer {
  readonly figures?: Readonly<Record<string, number | string>>;
  readonly error?: string;
}

/** Runs the task that this process was started for, with the parameters it receives, and exits. */
export function serveTask<Parameters>(
  work: (parameters: Parameters) => Promise<Readonly<Record<string, number | string>>>,
): void {
  process.once('message', async (parameters: Parameters) => {
    const answer = await work(parameters).then(
      (figures): TaskAnswer => ({ figures }),
      (error: unknown): TaskAnswer => ({ error: error instanceof Error ? error.message : String(error) }),
    );
    process.send?.(answer, () => process.disconnect?.());
  });
  process.on('disconnect', () => process.exit());
}
