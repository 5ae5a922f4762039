#!/usr/bin/env node
import { main } from './cli/main.js';
import { processIo } from './cli/process-io.js';

// What a source still waits for (a read of a silent pipe) must not keep the process.
const exit = (code: number): never => process.exit(code);
const io = processIo(exit);
const code = await main(process.argv.slice(2), io);
await io.flushed();
exit(code);
