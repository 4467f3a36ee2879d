import { pathToFileURL } from 'node:url';

// Usage: run-modules.ts FILE...: imports one file after the other, with a mark in front of what each of them prints.

for (const file of process.argv.slice(2)) {
  console.log(`\u0000${file}`);
  await import(pathToFileURL(file).href);
}
