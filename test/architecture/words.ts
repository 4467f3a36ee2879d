/** A rule about the words of a source, that imports cannot say. */
export interface WordRule {
  readonly name: string;
  readonly pattern: RegExp;
  /** Where the rule does not hold. */
  readonly except: RegExp;
  /** A line that breaks it. */
  readonly broken: string;
}

/** The rules of `src` and `migrations`. */
export const SOURCE_RULES: readonly WordRule[] = [
  {
    name: 'reads the environment in two places only, and hands it to config from there',
    pattern: /\bprocess\.env\b|\benv\b.*from 'node:process'/,
    except: /^src\/(cli\/main|operations\/singleton)\.ts$/,
    broken: 'const url = process.env.DATABASE_URL;',
  },
  {
    name: 'exports name by name',
    pattern: /^\s*export \*/,
    except: /^$/,
    broken: "export * from './candle.ts';",
  },
  {
    name: 'asks a dialect for what it can, not for its name',
    pattern:
      /'(?:sqlite|mysql|mariadb)'|\b(?:Sqlite|MySql|MariaDb)(?:Driver|Platform)\b|\b(?:sqlite|mysql|mariadb)Dialect\b/,
    except: /^src\/databases\//,
    broken: "if (dialect.name === 'sqlite') {",
  },
  {
    name: "touches what mysql2's documentation does not promise in one place only",
    pattern:
      /\b(?:addCommand|createQuery|startTLS|packetParser|_unpipeStream|handlePacket|sequenceId|eofStatusFlags|readLengthCoded\w+)\b|raw as unknown/,
    except: /^src\/databases\/mysql\/(?:mysql2|driver-check)\.ts$/,
    broken: 'raw.addCommand(command);',
  },
  {
    name: 'ends the process in the command line only',
    pattern: /\bprocess\.(?:exit|abort|kill)\b/,
    except: /^src\/cli\//,
    broken: 'process.exit(1);',
  },
  {
    name: 'writes to a terminal in one place',
    // the oldest Node.js is told before anything is loaded
    pattern: /\b(?:stdout|stderr|stream)\.write\(|\bconsole\./,
    except: /^src\/(?:cli\/(?:main|output)|logger\/line-logger)\.ts$/,
    broken: 'host.stderr.write(text);',
  },
];

/** The rules of everything that is written by hand. */
export const REPOSITORY_RULES: readonly WordRule[] = [
  {
    name: 'leaves nothing for later',
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b|\bfor now\b/,
    except: /^test\/architecture\//,
    broken: '// TODO: a better name',
  },
  {
    name: 'checks types everywhere',
    pattern: /@ts-(?:ignore|nocheck)\b/,
    except: /^test\/architecture\//,
    broken: '// @ts-ignore',
  },
  {
    name: 'runs every test',
    pattern: /\b(?:it|test|describe)\.(?:skip|only|todo|failing)\b|\b[xf](?:it|describe|test)\(/,
    except: /^test\/architecture\//,
    broken: "it.skip('keeps a closed candle', () => {});",
  },
];

/** Where a source breaks a rule: `path:line`. What stands in comments breaks none but the rules on words. */
export function breaches(rule: WordRule, path: string, source: string): string[] {
  if (rule.except.test(path)) {
    return [];
  }
  const comments = REPOSITORY_RULES.includes(rule);
  return source.split('\n').flatMap((line, index) => {
    const isComment = /^\s*(?:\/?\*|\/\/)/.test(line);
    return rule.pattern.test(line) && (comments || !isComment) ? [`${path}:${index + 1}`] : [];
  });
}
