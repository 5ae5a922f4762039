import { type Command, Option } from 'commander';
import type { Io } from './io.js';
import { address, DEFAULT_ADDRESS, formatOption, positiveNumber } from './options.js';

interface WatchProgram {
  readonly program: Command;
  readonly io: Io;
  /** Gets the exit code of the verb. */
  readonly done: (code: number) => void;
}

const WATCHING = 'While running:';

/** The verbs that look at a pipeline that runs with `--listen`. */
export function addWatching({ program, io, done }: WatchProgram): void {
  const top = program
    .command('top')
    .helpGroup(WATCHING)
    .summary('watch a pipeline that runs')
    .description(
      'Shows stages, rates, queues and the bottleneck of a pipeline that runs with --listen, every second anew.',
    )
    .option('--once', 'print it once, as happens where standard output is no terminal');
  withAddress(top).action(async (options) => done(await (await import('./top.js')).topVerb(options, io)));
  const ui = program
    .command('ui')
    .helpGroup(WATCHING)
    .summary('open the dashboard of a pipeline that runs')
    .description(
      'Opens the dashboard of a pipeline that runs with --ui or --listen in a browser, and prints its address.',
    )
    .option('--no-open', 'print the address alone');
  withAddress(ui).action(async (options) => done(await (await import('./ui.js')).uiVerb(options, io)));
  const tap = program
    .command('tap')
    .helpGroup(WATCHING)
    .summary('see records that pass a stage')
    .description(
      'Prints records that pass a stage of a pipeline that runs with --listen: samples, which never slow it. Of a source, records are shown in full; behind it, with the fields that the pipeline uses there.',
    )
    .argument('<stage>', 'the stage')
    .addOption(new Option('--inputs', 'what comes to the stage').conflicts('outputs'))
    .option('--outputs', 'what leaves it (default; a sink has inputs alone)')
    .option('--where <expression>', "only records for which this is true, e.g. 'status >= 500'")
    .option('--limit <n>', 'end after so many', positiveNumber)
    .addOption(formatOption('one JSON object a line, or one field a line', ['json', 'pretty']));
  withAddress(tap).action(async (stage: string, options) =>
    done(await (await import('./tap.js')).tapVerb(stage, options, io)),
  );
}

function withAddress(command: Command): Command {
  const option = new Option('--connect <host:port>', 'where the pipeline listens').argParser(address);
  return command.addOption(option.default(address(DEFAULT_ADDRESS), DEFAULT_ADDRESS));
}
