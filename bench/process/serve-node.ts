import { pathToFileURL } from 'node:url';
import type { Contender, OpenContender, Target } from '../contender.ts';
import { carryOut } from './carry-out.ts';
import type { Answer } from './contender-process.ts';
import type { Order } from './order.ts';

/** The process of one contender: executes the runner's orders, one after the other. */
export type Request =
  | { readonly open: { readonly file: string; readonly target: Target } }
  | { readonly order: Order }
  | { readonly close: true };

let contender: Contender | undefined;

async function answer(request: Request): Promise<unknown> {
  if ('open' in request) {
    const module = (await import(pathToFileURL(request.open.file).href)) as { open: OpenContender; how: string };
    contender = await module.open(request.open.target);
    return { how: module.how };
  }
  if (contender === undefined) {
    throw new Error('not open');
  }
  if ('close' in request) {
    await contender.close();
    process.disconnect?.();
    return undefined;
  }
  return (await carryOut(contender, request.order)) ?? { notOffered: true };
}

// after `close` nobody listens
function reply(answer: Answer): void {
  if (process.connected) {
    process.send?.(answer);
  }
}

process.on('message', (request: Request) => {
  answer(request).then(
    (result) => reply({ result }),
    (error: unknown) => reply({ error: error instanceof Error ? error.message : String(error) }),
  );
});
// the process ends with its runner, however that ended
process.on('disconnect', () => process.exit());
