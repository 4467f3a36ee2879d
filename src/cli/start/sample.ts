import { fileURLToPath } from 'node:url';
import type { InputFile } from '../input-file.ts';
import { packageRoot } from '../package-root.ts';

/** The name under which the sample is shown; its path on this machine would not help. */
export const SAMPLE_NAME = 'samples/okx-synthetic.ws';

/** The exchange of the sample's series: invented prices must never be mixed with real ones. */
export const SAMPLE_EXCHANGE = 'synthetic';

/** The path of the capture in the package. Its prices are invented. */
export function samplePath(): string {
  return fileURLToPath(new URL(SAMPLE_NAME, packageRoot()));
}

/** The sample, under the name that is shown. */
export function asSample(file: InputFile): InputFile {
  return { ...file, name: SAMPLE_NAME };
}
