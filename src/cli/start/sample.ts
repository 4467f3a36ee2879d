import { fileURLToPath } from 'node:url';
import { packageRoot } from '../package-root.ts';

/** The path of the capture that comes with the package. Its prices are invented. */
export function sampleCapture(): string {
  return fileURLToPath(new URL('samples/okx-synthetic.ws', packageRoot()));
}
