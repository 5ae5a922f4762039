// Runs a failure again: `npm run replay -- --seed N [test files or options of vitest]`. Every test that takes its cases from a
// seed takes that one alone; without files, all such tests run.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const SEEDED = ['test/torture', 'test/log', 'test/runtime', 'test/connectors'];

const { values, tokens } = parseArgs({
  options: { seed: { type: 'string' } },
  allowPositionals: true,
  strict: false,
  tokens: true,
});
if (!/^-?\d+$/.test(values.seed ?? '')) {
  process.stderr.write('which seed? npm run replay -- --seed 123 [test/log/crash.test.ts]\n');
  process.exit(2);
}
const files = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
const { status } = spawnSync('npx', ['vitest', 'run', ...(files.length > 0 ? files : SEEDED)], {
  stdio: 'inherit',
  env: { ...process.env, MILLRACE_SEED: values.seed },
});
process.exit(status ?? 1);
