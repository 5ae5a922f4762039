import { Argument, Command, Option } from 'commander';
import { LOG_LEVELS } from '../base/log.js';
import { nearestName } from '../base/names.js';
import { addDeadLetters } from './dlq-program.js';
import { Exit, type Io } from './io.js';
import { address, collect, httpUrl, wholeNumber, withPipeline, withState, withValues } from './options.js';
import { addQueues, addReplay } from './queue-program.js';
import { TEST_FORMATS } from './test-output.js';
import { version } from './version.js';
import { addWatching } from './watch-program.js';

/**
 * All verbs with their options. What a verb needs is loaded when it runs.
 * @param done gets the exit code of the verb
 */
export function createProgram(io: Io, done: (code: number) => void): Command {
  const program = new Command('millrace')
    .description('Runs data pipelines for logs and events from one YAML file.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.err.write(text) })
    .usage('<command> [options]')
    .addHelpText('after', EXAMPLES);
  const verbs: Verbs = { program, io, done };
  addRun(verbs);
  addChecks(verbs);
  addTest(verbs);
  addEval(verbs);
  addWatching(verbs);
  addDeadLetters(verbs);
  addQueues(verbs);
  addReplay(verbs);
  addReference(verbs);
  addCompletion(verbs);
  program.on('command:*', ([name]: string[]) => {
    const nearest = nearestName(
      name!,
      program.commands.map((command) => command.name()),
    );
    const hint = nearest ? ` (did you mean "${nearest}"?)` : '; "millrace --help" lists them';
    io.err.write(`error: unknown command "${name}"${hint}\n`);
    done(Exit.FAILED);
  });
  return program;
}

interface Verbs {
  readonly program: Command;
  readonly io: Io;
  readonly done: (code: number) => void;
}

const EXAMPLES = `
Examples:
  $ millrace init                                  write a pipeline to start from
  $ millrace run pipeline.yaml                     run it
  $ millrace run pipeline.yaml --set sinks.out.path=/tmp/out.ndjson
  $ millrace validate pipeline.yaml                find every mistake in it
  $ millrace test pipeline.yaml                    run its tests
  $ millrace explain pipeline.yaml                 show how it will run
  $ millrace list filter                           read what a component does
  $ millrace eval 'size(path) > 20' --input a.ndjson   try an expression

Exit codes: 0 done, 1 failed, 78 the configuration is wrong, 130 interrupted before it was drained.
`;

function addRun({ program, io, done }: Verbs): void {
  const run = program
    .command('run')
    .helpGroup('Running:')
    .summary('run a pipeline to the end of its input')
    .description(
      'Runs a pipeline to the end of its input; after a stop or a crash, goes on where it was. The first Ctrl-C (or SIGTERM) stops reading and finishes what was read; the second stops at once.',
    );
  withState(withPipeline(run))
    .option('--fresh', 'start over, instead of going on where the last run stopped')
    .option(
      '--workers <n>',
      'worker threads; 0 works in the main thread (default: runtime.workers of the file)',
      wholeNumber,
    )
    .option('--only <stage>', 'run only the segments that hold these stages (repeatable)', collect)
    .option(
      '--listen <host:port>',
      'serve /metrics, /health, /ready and /api there, e.g. 127.0.0.1:9600; other hosts need MILLRACE_TOKEN',
      address,
    )
    .option('--ui', 'serve the dashboard, at 127.0.0.1:9600 unless --listen says otherwise')
    .option(
      '--otlp <url>',
      'send metrics to this receiver of OTLP over HTTP, e.g. http://127.0.0.1:4318',
      httpUrl,
    )
    .option('--watch', 'reload the file when it changes, as SIGHUP does')
    .option('-q, --quiet', 'neither progress nor summary: warnings and errors only')
    .option('--no-progress', 'no progress, but the summary')
    .addOption(
      new Option('--log-level <level>', 'the least level that is logged').choices(LOG_LEVELS).default('info'),
    )
    .action(async (file: string, options) =>
      done(await (await import('./run.js')).runVerb(file, options, io)),
    );
}

const LOOKING = 'Looking before running:';

function addChecks({ program, io, done }: Verbs): void {
  const validate = program
    .command('validate')
    .helpGroup(LOOKING)
    .summary('find every mistake in a pipeline')
    .description('Checks a pipeline without touching anything, and prints every mistake at once.');
  withPipeline(validate)
    .addOption(
      new Option(
        '--format <format>',
        'how to print mistakes: as text, as JSON lines, or as annotations on GitHub',
      )
        .choices(['text', 'json', 'github'])
        .default('text'),
    )
    .option(
      '--connect',
      'try every connection, too, and ask brokers whether they have what the pipeline needs; changes nothing there',
    )
    .action(async (file: string, options) =>
      done(await (await import('./validate.js')).validateVerb(file, options, io)),
    );
  const explain = program
    .command('explain')
    .helpGroup(LOOKING)
    .summary('show how a pipeline will run')
    .description(
      'Shows what is fused into one trip to a worker, which columns are decoded, and how much each queue holds.',
    );
  withPipeline(explain).action(async (file: string, options) =>
    done(await (await import('./explain.js')).explainVerb(file, options, io)),
  );
  const graph = program
    .command('graph')
    .helpGroup(LOOKING)
    .summary('draw a pipeline')
    .description('Draws the stages of a pipeline, as a tree or in the language of Mermaid or Graphviz.')
    .addOption(
      new Option('--format <format>', 'how to draw it').choices(['text', 'mermaid', 'dot']).default('text'),
    );
  withPipeline(graph).action(async (file: string, options) =>
    done(await (await import('./graph.js')).graphVerb(file, options, io)),
  );
}

function addTest({ program, io, done }: Verbs): void {
  const test = program
    .command('test')
    .helpGroup(LOOKING)
    .summary('run the tests of pipelines')
    .description(
      'Runs tests: stages are given lines or records, and what comes out is compared with what is expected. Tests stand under "tests" in the pipeline\'s file, or in NAME.test.yaml beside NAME.yaml; of a folder, all are run.',
    )
    .argument('<path...>', 'pipelines, files of tests, or folders that hold some');
  withValues(test)
    .option('--name <text>', 'run only tests whose names hold this text')
    .option('--watch', 'run them again whenever a file beside the pipeline changes')
    .addOption(
      new Option('--format <format>', 'how to show the results').choices(TEST_FORMATS).default('text'),
    )
    .action(async (paths: string[], options) =>
      done(await (await import('./test.js')).testVerb(paths, options, io)),
    );
}

function addEval({ program, io, done }: Verbs): void {
  program
    .command('eval')
    .helpGroup(LOOKING)
    .summary('try an expression on records')
    .description(
      "Prints what an expression gives for each record of a file or of standard input, as JSON lines. Where it fails, the record's number and the reason go to standard error, and the exit code is 1.",
    )
    .argument('<expression>', "an expression, such as 'status >= 500'")
    .option('--input <file>', 'the records; "-" or nothing is standard input')
    .option('--format <format>', 'how they are decoded, as `format` of a source has it', 'json')
    .option('--multiline <kind>', 'which lines belong together, as `multiline` of a source has it')
    .action(async (text: string, options) =>
      done(await (await import('./eval.js')).evalVerb(text, options, io)),
    );
}

const WRITING = 'Writing pipelines:';

function addReference({ program, io, done }: Verbs): void {
  program
    .command('init')
    .helpGroup(WRITING)
    .summary('write a commented pipeline to start from')
    .description('Writes a commented pipeline that runs as it stands. Never overwrites a file.')
    .argument('[file]', 'where to write it', 'pipeline.yaml')
    .action(async (file: string) => done((await import('./init.js')).initVerb(file, io)));
  program
    .command('list')
    .helpGroup(WRITING)
    .summary('list sources, transforms, sinks and formats, or describe one')
    .description('Lists all components, or describes one with its options, their defaults and an example.')
    .argument('[component]', 'a name, such as filter')
    .action(async (name: string | undefined) => done((await import('./list.js')).listVerb(name, io)));
  program
    .command('schema')
    .helpGroup(WRITING)
    .summary('print the JSON Schema of pipeline files')
    .description('Prints the JSON Schema of pipeline files, with which editors complete and check them.')
    .option('--tests', 'that of files that hold nothing but tests')
    .action(async (options) => done((await import('./schema.js')).schemaVerb(options, io)));
}

function addCompletion({ program, io, done }: Verbs): void {
  program
    .command('completion')
    .helpGroup(WRITING)
    .summary('print a script that completes commands in a shell')
    .description(
      'Prints a script with which a shell completes commands, options and their values, e.g. "source <(millrace completion bash)".',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') =>
      done((await import('./completion.js')).completionVerb(shell, program, io)),
    );
}
