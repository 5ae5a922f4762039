import { type Command, InvalidArgumentError } from 'commander';
import type { Io } from './io.js';
import { moment } from './moment.js';
import { collect, formatOption, positiveNumber, withPipeline, withState } from './options.js';

export interface DeadLetterProgram {
  readonly program: Command;
  readonly io: Io;
  /** Gets the exit code of the verb. */
  readonly done: (code: number) => void;
}

const EXAMPLES = `
Examples:
  $ millrace dlq stats pipeline.yaml                          what fails most
  $ millrace dlq list pipeline.yaml --stage parsed --since 1h
  $ millrace dlq show pipeline.yaml 17                        all there is of one letter
  $ millrace dlq export pipeline.yaml --raw > failed.log      the records as they came in
  $ millrace dlq replay pipeline.yaml                         again, after mending the pipeline
  $ millrace dlq discard pipeline.yaml --code no_match --yes
`;

/** `millrace dlq` and what it can do. */
export function addDeadLetters({ program, io, done }: DeadLetterProgram): void {
  const dlq = program
    .command('dlq')
    .helpGroup('After running:')
    .summary('look at the records that could not be processed')
    .description(
      'Looks at the dead letters of a pipeline: the records that could not be processed. Looking is safe while the pipeline runs, and shows them as of its last checkpoint; to replay or discard, it must stand still.',
    )
    .helpCommand(false)
    .usage('<command> <pipeline.yaml> [options]')
    .addHelpText('after', EXAMPLES);
  const verb = (name: string, summary: string, description: string) =>
    withState(withPipeline(dlq.command(name).summary(summary).description(description)));
  addLooks({ verb, io, done });
  addExport({ verb, io, done });
  addReplay({ verb, io, done });
  addDiscard({ verb, io, done });
}

interface Verbs extends Pick<DeadLetterProgram, 'io' | 'done'> {
  readonly verb: (name: string, summary: string, description: string) => Command;
}

function addLooks({ verb, io, done }: Verbs): void {
  withFilters(verb('list', 'list them', 'Lists dead letters, the oldest first.'))
    .addOption(formatOption('a table, or one JSON object a line', ['table', 'json']))
    .option('--limit <n>', 'at most so many (default: 50 in a table)', positiveNumber)
    .action(async (file: string, options) =>
      done(await (await import('./dlq-list.js')).listLetters(file, options, io)),
    );
  verb('show', 'show all there is of some', 'Shows all there is of some dead letters, the record too.')
    .argument('<id...>', 'the numbers that "millrace dlq list" shows', letterName)
    .action(async (file: string, names: string[], options) =>
      done(await (await import('./dlq-show.js')).showLetters(file, names, options, io)),
    );
  withFilters(verb('stats', 'count them', 'Counts dead letters by stage and code, the most frequent first.'))
    .addOption(formatOption('a table, or one JSON object', ['table', 'json']))
    .action(async (file: string, options) =>
      done(await (await import('./dlq-stats.js')).letterStats(file, options, io)),
    );
}

function addExport({ verb, io, done }: Verbs): void {
  withFilters(
    verb('export', 'write them out', 'Writes dead letters out as NDJSON; they are kept nevertheless.'),
  )
    .argument('[id...]', 'only these', letterName)
    .option('-o, --output <file>', 'write to this new file instead of standard output')
    .option('--raw', 'only the original records, one a line')
    .action(async (file: string, names: string[] | undefined, options) =>
      done(await (await import('./dlq-export.js')).exportLetters(file, names ?? [], options, io)),
    );
}

function addReplay({ verb, io, done }: Verbs): void {
  withFilters(
    verb(
      'replay',
      'send them through the pipeline again',
      'Sends the original records of dead letters through the stages that refused them again: after mending the pipeline, all of them, or those with the numbers or that the options choose. What then succeeds goes on to the outputs; what fails again is a dead letter again, under a new number.',
    ),
  )
    .argument('[id...]', 'only these', letterName)
    .option(
      '--map <expression>',
      "makes another record of each first: what the expression gives, of the record's text as `message`",
    )
    .action(async (file: string, names: string[] | undefined, options) =>
      done(await (await import('./dlq-replay.js')).replayVerb(file, names ?? [], options, io)),
    );
}

function addDiscard({ verb, io, done }: Verbs): void {
  withFilters(
    verb(
      'discard',
      'forget some',
      'Discards dead letters for ever: those with the numbers, or that the options choose.',
    ),
  )
    .argument('[id...]', 'only these', letterName)
    .option('--all', 'all of them, and what is damaged too')
    .option('-y, --yes', 'without asking')
    .action(async (file: string, names: string[] | undefined, options) =>
      done(await (await import('./dlq-discard.js')).discardLetters(file, names ?? [], options, io)),
    );
}

function withFilters(command: Command): Command {
  return command
    .option('--stage <id>', 'only those that this stage refused (repeatable)', collect)
    .option('--code <code>', 'only those with this code (repeatable)', collect)
    .option('--source <id>', 'only records of this source (repeatable)', collect)
    .option('--since <time>', 'not older: 2026-11-24T08:30 (UTC), or so long ago: 90s, 1h, 7d', moment)
    .option('--until <time>', 'only older', moment);
}

function letterName(text: string, before: readonly string[] = []): string[] {
  const number = Number(/^(?:[\w-]+\/)?(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(number)) {
    throw new InvalidArgumentError('expected the number of a dead letter, as "millrace dlq list" shows it.');
  }
  return [...before, text];
}
