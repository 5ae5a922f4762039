import type { Argument, Command, Option } from 'commander';
import { Exit, type Io } from './io.js';

export type Shell = 'bash' | 'zsh' | 'fish';

/** `millrace completion`: a script that completes commands, options and their values, made from the commands themselves. */
export function completionVerb(shell: Shell, program: Command, io: Io): number {
  const commands = commandsOf(program);
  const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell];
  io.out.write(script(commands));
  return Exit.DONE;
}

/** A command as it is typed after `millrace`: `run`, `dlq list`; the empty one is `millrace` itself. */
interface Typed {
  readonly words: readonly string[];
  readonly summary: string;
  readonly subcommands: readonly Typed[];
  readonly options: readonly Option[];
  readonly arguments: readonly Argument[];
}

function commandsOf(program: Command): Typed[] {
  const typed = (command: Command, words: readonly string[]): Typed => {
    const help = command.createHelp();
    return {
      words,
      summary: command.summary(),
      subcommands: command.commands.map((part) => typed(part, [...words, part.name()])),
      options: help.visibleOptions(command),
      arguments: command.registeredArguments,
    };
  };
  const all = (command: Typed): Typed[] => [command, ...command.subcommands.flatMap(all)];
  return all(typed(program, []));
}

function lastWord({ words }: Typed): string {
  return words.at(-1)!;
}

function takesFile({ arguments: args }: Typed): boolean {
  return args.some((argument) => /yaml|path|file/.test(argument.name()));
}

/** Options whose values are names of files. */
function namesFile(option: Option): boolean {
  return /<(?:dir|file|path)>/.test(option.flags);
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function flagsOf(option: Option): string[] {
  return [option.long, option.short].filter((flag) => typeof flag === 'string');
}

/** Choices of the first argument, such as the shells of `completion`. */
function wordsOf(command: Typed): readonly string[] {
  const choices = command.arguments.flatMap((argument) => argument.argChoices ?? []);
  return [...command.subcommands.map(lastWord), ...choices];
}

// ---------------------------------------------------------------------------------------------- bash

function bashScript(commands: readonly Typed[]): string {
  const ways = commands
    .filter(({ words }) => words.length > 0)
    .map(({ words }) => `      '${words.join(' ')}') command='${words.join(' ')}' ;;`);
  const values = commands.flatMap((command) => bashValues(command));
  const words = commands.map((command) => {
    const offered = [...wordsOf(command), ...command.options.flatMap(flagsOf)].join(' ');
    return `    '${command.words.join(' ')}') words='${offered}' files=${takesFile(command) ? 1 : 0} ;;`;
  });
  return `# bash completion for millrace:  source <(millrace completion bash)
_millrace() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' words='' files=0 i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${command:+$command }\${COMP_WORDS[i]}" in
${ways.join('\n')}
    esac
  done
  case "$command $prev" in
${values.join('\n')}
  esac
  case "$command" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ $files == 1 && $cur != -* ]]; then
    COMPREPLY=($(compgen -d -- "$cur") $(compgen -f -X '!*.y*ml' -- "$cur"))
  fi
}
complete -o filenames -F _millrace millrace
`;
}

/** What comes after an option that takes a value. */
function bashValues({ words, options }: Typed): string[] {
  return options.filter(takesValue).map((option) => {
    const patterns = flagsOf(option).map((flag) => `'${words.join(' ')} ${flag}'`);
    const files = namesFile(option) ? '-f' : "-W ''";
    const offered = option.argChoices ? `-W '${option.argChoices.join(' ')}'` : files;
    return `    ${patterns.join('|')}) COMPREPLY=($(compgen ${offered} -- "$cur")); return ;;`;
  });
}

// ---------------------------------------------------------------------------------------------- zsh

function zshScript(commands: readonly Typed[]): string {
  const functions = commands.map((command) =>
    command.subcommands.length > 0 ? zshGroup(command) : zshCommand(command),
  );
  return `#compdef millrace
# zsh completion for millrace:  millrace completion zsh > "\${fpath[1]}/_millrace"
${functions.join('\n')}
if [[ $funcstack[1] == _millrace ]]; then _millrace "$@"; else compdef _millrace millrace; fi
`;
}

function zshName(words: readonly string[]): string {
  return ['_millrace', ...words].join('_');
}

function zshCommand(command: Typed): string {
  const args = command.arguments.map((argument) => {
    const count = argument.variadic ? '*' : '';
    const optional = argument.required ? '' : ':';
    const values = argument.argChoices
      ? `(${argument.argChoices.join(' ')})`
      : takesFile(command) && /yaml|path|file/.test(argument.name())
        ? '_files -g "*.y(a|)ml(-.)"'
        : ' ';
    return `'${count}:${optional}${zshText(argument.name())}:${values}'`;
  });
  const parts = [...command.options.map(zshOption), ...args];
  return `${zshName(command.words)}() {\n  _arguments -s \\\n    ${parts.join(' \\\n    ')}\n}`;
}

function zshOption(option: Option): string {
  const flags = flagsOf(option);
  const excluded = `(${flags.join(' ')})`;
  const names = flags.length > 1 ? `'${excluded}'{${flags.join(',')}}` : `'${flags[0]}'`;
  const values = option.argChoices ? `(${option.argChoices.join(' ')})` : namesFile(option) ? '_files' : ' ';
  const value = takesValue(option) ? `:${zshText(option.name())}:${values}` : '';
  return `${names}'[${zshText(option.description)}]${value}'`;
}

function zshGroup(command: Typed): string {
  const subcommands = command.subcommands.map((part) => `'${lastWord(part)}:${zshText(part.summary)}'`);
  const cases = command.subcommands.map((part) => `        ${lastWord(part)}) ${zshName(part.words)} ;;`);
  return `${zshName(command.words)}() {
  local state line
  local -a commands=(
    ${subcommands.join('\n    ')}
  )
  _arguments -C '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${cases.join('\n')}
      esac ;;
  esac
}`;
}

function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, '\\$&');
}

// ---------------------------------------------------------------------------------------------- fish

function fishScript(commands: readonly Typed[]): string {
  const lines = commands.flatMap((command) => {
    const condition = `-n '${fishCondition(command)}'`;
    const files = takesFile(command)
      ? [`complete -c millrace ${condition} -a '(__fish_complete_suffix .yaml)'`]
      : [];
    const words = [
      ...command.subcommands.map((part) => [lastWord(part), part.summary] as const),
      ...command.arguments.flatMap(({ argChoices = [] }) =>
        argChoices.map((choice) => [choice, ''] as const),
      ),
    ].map(([word, summary]) => `complete -c millrace ${condition} -a ${word} -d ${fishText(summary)}`);
    return [...words, ...files, ...command.options.map((option) => fishOption(option, condition))];
  });
  return `# fish completion for millrace:  millrace completion fish > ~/.config/fish/completions/millrace.fish
complete -c millrace -f
${lines.join('\n')}
`;
}

function fishCondition({ words, subcommands }: Typed): string {
  if (words.length === 0) return '__fish_use_subcommand';
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
  const parts = subcommands.map(lastWord).join(' ');
  return parts === '' ? seen : `${seen}; and not __fish_seen_subcommand_from ${parts}`;
}

function fishOption(option: Option, condition: string): string {
  const long = option.long ? ` -l ${option.long.slice(2)}` : '';
  const short = option.short ? ` -s ${option.short.slice(1)}` : '';
  const choices = option.argChoices ? ` -xa '${option.argChoices.join(' ')}'` : ' -x';
  const value = takesValue(option) ? (namesFile(option) ? ' -rF' : choices) : '';
  return `complete -c millrace ${condition}${short}${long}${value} -d ${fishText(option.description)}`;
}

function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
