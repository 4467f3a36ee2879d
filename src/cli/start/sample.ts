import { fileURLToPath } from 'node:url';
import type { InputFile } from '../input-file.ts';
import { packageRoot } from '../package-root.ts';

/** How the sample is shown: where it lies on this machine is of no use to anybody. */
export const SAMPLE_NAME = 'samples/okx-synthetic.ws';

/** The exchange of the sample's series: invented prices must never stand among real ones. */
export const SAMPLE_EXCHANGE = 'synthetic';

/** The path of the capture that comes with the package. Its prices are invented. */
export function samplePath(): string {
  return fileURLToPath(new URL(SAMPLE_NAME, packageRoot()));
}

/** The sample under the name it is shown by. */
export function asSample(file: InputFile): InputFile {
  return { ...file, name: SAMPLE_NAME };
}
