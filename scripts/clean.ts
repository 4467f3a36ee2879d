import { rmSync } from 'node:fs';

// A module that was renamed or removed must not stay in the published package.
rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
