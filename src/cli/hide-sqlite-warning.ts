/**
 * Keeps one warning off the terminal: older releases of Node.js call the module `node:sqlite` experimental, which a
 * user of the command can do nothing about. All other warnings are shown.
 */
export function hideSqliteWarning(target: Pick<NodeJS.Process, 'emitWarning'>): void {
  const emitWarning = target.emitWarning;
  const emitOthers = (...args: readonly unknown[]): void => {
    if (!isSqliteWarning(args)) {
      Reflect.apply(emitWarning, target, args);
    }
  };
  target.emitWarning = emitOthers as typeof emitWarning;
}

function isSqliteWarning([warning, options]: readonly unknown[]): boolean {
  const type = typeof options === 'object' && options !== null && 'type' in options ? options.type : options;
  const [text, name] = warning instanceof Error ? [warning.message, warning.name] : [warning, type];
  return name === 'ExperimentalWarning' && typeof text === 'string' && /^SQLite\b/.test(text);
}
