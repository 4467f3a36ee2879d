const LEAST = '22.17';

/** What is wrong with a version of Node.js; `undefined` if it is new enough. */
export function faultOfNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
    ? undefined
    : `needs Node.js ${LEAST} or later, and this is ${version}; update it`;
}
