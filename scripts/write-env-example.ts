import { writeFileSync } from 'node:fs';
import { envExample } from './architecture/option-docs.ts';

// Usage: npm run env-example. Writes .env.example from the table of options.

writeFileSync('.env.example', envExample());
