import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseAddress, type SocketAddress } from '../base/socket-address.js';

/** The argument and the options of every verb that reads a pipeline. */
export function withPipeline(command: Command): Command {
  return withValues(command.argument('<pipeline.yaml>', 'the pipeline\'s YAML file; "-" is standard input'));
}

/** What can be filled into a pipeline. */
export function withValues(command: Command): Command {
  return command
    .option(
      '--set <path=value>',
      'set a value of the file, e.g. sources.web.paths[0]=a.log (repeatable)',
      collect,
    )
    .option('--allow-exec', 'let ${exec:program argument} run programs for values')
    .option('--env-file <file>', 'fill ${NAME} from this file too; the environment comes first');
}

/** For an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Where what outlives a run is. */
export function withState(command: Command): Command {
  return command.option(
    '--state <dir>',
    'folder for everything that outlives a run (default: runtime.state of the file)',
  );
}

/** How something is shown; the first is the default. */
export function formatOption(description: string, choices: readonly string[]): Option {
  return new Option('--format <format>', description).choices(choices).default(choices[0]);
}

export function positiveNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError('expected a whole number from 1.');
  }
  return number;
}

/** Of workers. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 256)
    throw new InvalidArgumentError('expected a whole number from 0 to 256.');
  return Number(text);
}

export function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('expected a URL such as http://127.0.0.1:4318.');
  return url;
}

/** Where a run is shown to operators, and where they look for it. */
export const DEFAULT_ADDRESS = '127.0.0.1:9600';

export function address(text: string): SocketAddress {
  const parsed = parseAddress(text);
  if (!parsed) throw new InvalidArgumentError(`expected an address such as ${DEFAULT_ADDRESS}.`);
  return parsed;
}
