import { fileURLToPath } from 'node:url';

/** The repository's root, seen from dist/bench/. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const BENCH_FOLDER = `${ROOT}/bench`;
export const DATA_FOLDER = `${BENCH_FOLDER}/data`;
export const RESULTS_FOLDER = `${BENCH_FOLDER}/results`;
