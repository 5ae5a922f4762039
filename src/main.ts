#!/usr/bin/env node
import { main } from './cli/main.js';
import { processIo } from './cli/process-io.js';

// What a source still waits for (a read of a silent pipe) must not keep the process.
const exit = (code: number): never => process.exit(code);
const io = processIo(exit);
// What nobody has caught would be printed by Node as it is, secrets included.
process.on('uncaughtException', (error) => {
  io.err.write(`error: ${error.stack ?? error}\nthis is a mistake in Millrace: please report it\n`);
  exit(1);
});
const code = await main(process.argv.slice(2), io);
await io.flushed();
exit(code);
