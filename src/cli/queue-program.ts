import type { Command } from 'commander';
import type { Io } from './io.js';
import { pointIn } from './moment.js';
import { collect, formatOption, positiveNumber, wholeNumber, withPipeline, withState } from './options.js';

export interface QueueProgram {
  readonly program: Command;
  readonly io: Io;
  /** Gets the exit code of the verb. */
  readonly done: (code: number) => void;
}

const EXAMPLES = `
Examples:
  $ millrace queue list pipeline.yaml                         how much waits, and for whom
  $ millrace queue show pipeline.yaml out                     each partition of the queue in front of "out"
  $ millrace queue read pipeline.yaml out --from 1h --where 'status >= 500' --limit 10
  $ millrace queue export pipeline.yaml out --format parquet -o day.parquet --from 2026-11-24 --to 2026-11-25
  $ millrace queue reset pipeline.yaml out --to 2026-11-24T08:30Z
`;

/** `millrace queue` and what it can do. */
export function addQueues({ program, io, done }: QueueProgram): void {
  const queue = program
    .command('queue')
    .helpGroup('After running:')
    .summary('look at durable queues')
    .description(
      'Looks at the durable queues of a pipeline: what waits in them, and what they retain. Looking is safe while the pipeline runs, and shows them as of its last checkpoints; to reset, it must stand still.',
    )
    .helpCommand(false)
    .usage('<command> <pipeline.yaml> [options]')
    .addHelpText('after', EXAMPLES);
  const verb = (name: string, summary: string, description: string) =>
    withState(withPipeline(queue.command(name).summary(summary).description(description)));
  addLooks({ verb, io, done });
  addReads({ verb, io, done });
  addReset({ verb, io, done });
}

interface Verbs extends Pick<QueueProgram, 'io' | 'done'> {
  readonly verb: (name: string, summary: string, description: string) => Command;
}

function addLooks({ verb, io, done }: Verbs): void {
  verb(
    'list',
    'list them',
    'Lists the durable queues: what feeds them, what they hold, who reads them and how much waits for each.',
  )
    .addOption(formatOption('a table, or one JSON object a line', ['table', 'json']))
    .action(async (file: string, options) =>
      done(await (await import('./queue-list.js')).listQueues(file, options, io)),
    );
  withStage(
    verb('show', 'show one', 'Shows a durable queue: its options, and each of its partitions.'),
  ).action(async (file: string, stage: string, options) =>
    done(await (await import('./queue-show.js')).showQueue(file, stage, options, io)),
  );
}

function addReads({ verb, io, done }: Verbs): void {
  withRange(
    verb(
      'read',
      'print records',
      'Prints the records that a durable queue holds as JSON, one a line; they stay where they are.',
    ),
  )
    .option('--limit <n>', 'at most so many', positiveNumber)
    .action(async (file: string, stage: string, options) =>
      done(await (await import('./queue-read.js')).readQueue(file, stage, { ...options, workers: 0 }, io)),
    );
  withRange(
    verb(
      'export',
      'write records to a file',
      'Writes the records of a durable queue to a file; they stay where they are.',
    ),
  )
    .addOption(formatOption('NDJSON, an Arrow file, or a Parquet file', ['json', 'arrow', 'parquet']))
    .requiredOption('-o, --output <file>', 'the new file')
    .action(async (file: string, stage: string, options) =>
      done(await (await import('./queue-export.js')).exportQueue(file, stage, options, io)),
    );
}

function addReset({ verb, io, done }: Verbs): void {
  withStage(
    verb(
      'reset',
      'go on elsewhere',
      'Lets the stage behind a durable queue go on elsewhere with the next run: further back, where it gets retained records again, or further on, where it never gets those between.',
    ),
  )
    .requiredOption(
      '--to <point>',
      'earliest, latest, an offset, a time such as 2026-11-24T08:30 (UTC), or so long ago: 90s, 1h, 7d',
      pointIn('earliest', 'latest'),
    )
    .option('-y, --yes', 'without asking')
    .action(async (file: string, stage: string, options) =>
      done(await (await import('./queue-reset.js')).resetQueue(file, stage, options, io)),
    );
}

function withStage(command: Command): Command {
  return command.argument('<stage>', 'the stage behind the queue');
}

/** `millrace replay`. */
export function addReplay({ program, io, done }: QueueProgram): void {
  const replay = program
    .command('replay')
    .helpGroup('After running:')
    .summary('run the history of a durable queue again')
    .description(
      'Runs records that the durable queue in front of a stage holds, those that it retains among them, through that stage and those behind it again. Without --into their outputs are written again, as part of the checkpoints of the pipeline, which must stand still. With --into nothing but that sink is written. With --config the stages are those of another file, which reads the queue as a group of its own: without --from it goes on where it was.',
    );
  withStage(withState(withPipeline(replay)))
    .option(
      '--from <point>',
      'the first record: earliest, committed (where the last replay stopped), an offset, a time such as 2026-11-24T08:30 (UTC), or so long ago: 90s, 1h, 7d',
      pointIn('earliest', 'committed'),
    )
    .option(
      '--to <point>',
      'before which it ends: latest, an offset, a time, or so long ago',
      pointIn('latest'),
      'latest',
    )
    .option('--partition <name>', 'only this partition, as "queue show" names it (repeatable)', collect)
    .option(
      '--into <sink>',
      'a sink for all of it: one of the file by its name, a type such as stdout, or "{ type: file, path: day.ndjson }"',
    )
    .option('--config <file>', 'the stages of this pipeline, for which --set is then meant')
    .option(
      '--workers <n>',
      'worker threads; 0 works in the main thread (default: runtime.workers of the file)',
      wholeNumber,
    )
    .option('-y, --yes', 'without asking')
    .addHelpText('after', REPLAY_EXAMPLES)
    .action(async (file: string, stage: string, options) =>
      done(await (await import('./replay.js')).replayVerb(file, stage, options, io)),
    );
}

const REPLAY_EXAMPLES = `
Examples:
  $ millrace replay pipeline.yaml parsed --from 2026-11-24 --to 2026-11-25 --into '{ type: file, path: day.ndjson }'
  $ millrace replay pipeline.yaml parsed --from 1h --into stdout
  $ millrace replay pipeline.yaml parsed --config next.yaml      what came since the last time, through another version
  $ millrace replay pipeline.yaml parsed --from 120000 --yes     once more into the pipeline's own outputs
`;

/** Which of the records. */
function withRange(command: Command): Command {
  const from = pointIn('earliest', 'latest', 'committed');
  const to = pointIn('latest', 'committed');
  return withStage(command)
    .option(
      '--from <point>',
      'the first: earliest, committed (where the stage goes on), an offset, a time such as 2026-11-24T08:30 (UTC), or so long ago: 90s, 1h, 7d',
      from,
      'earliest',
    )
    .option(
      '--to <point>',
      'before which it ends: latest, committed, an offset, a time, or so long ago',
      to,
      'latest',
    )
    .option('--partition <name>', 'only this partition, as "queue show" names it (repeatable)', collect)
    .option('--where <expression>', 'only records for which this is true');
}
