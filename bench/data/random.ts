/** A number in [0, 1) that depends on the three alone, so that any row can be made at any time in any process. */
export function randomAt(stream: number, series: number, step: number): number {
  let hash = Math.imul(stream + 1, 0x9e3779b1) ^ Math.imul(series + 1, 0x85ebca6b) ^ Math.imul(step + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
}
