type CleanUp = () => Promise<void>;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const cleanUps = new Set<CleanUp>();

/** Does the work before a signal ends this process. Returns how to call it off. */
export function onInterrupt(cleanUp: CleanUp): () => void {
  if (cleanUps.size === 0) for (const signal of signals) process.once(signal, endBy);
  cleanUps.add(cleanUp);
  return () => {
    cleanUps.delete(cleanUp);
    if (cleanUps.size === 0) stopListening();
  };
}

// The signal is sent again at the end, so that a parent process sees what ended this one. A second
// signal meanwhile ends it at once.
async function endBy(signal: NodeJS.Signals): Promise<void> {
  stopListening();
  await Promise.allSettled([...cleanUps].map((cleanUp) => cleanUp()));
  process.kill(process.pid, signal);
}

function stopListening(): void {
  for (const signal of signals) process.off(signal, endBy);
}
