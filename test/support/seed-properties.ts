import fc from 'fast-check';

// A property that failed prints its seed; `npm run replay -- --seed N` tries the same cases again.
if (process.env.MILLRACE_SEED !== undefined)
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.MILLRACE_SEED) });
