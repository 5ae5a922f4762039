import type { FormatConfig, FormatDefinition } from '../format.js';
import { LineDecoder, shapeOfLine } from '../line/index.js';
import { TIMEZONE, timeZoneOf } from '../options.js';
import { LooseSyslogParser } from './loose.js';
import { type Standard, SYSLOG_FIELDS } from './message.js';
import { StrictSyslogParser } from './strict.js';

function parserOf(config: FormatConfig): StrictSyslogParser | LooseSyslogParser {
  const Parser = config.mode === 'strict' ? StrictSyslogParser : LooseSyslogParser;
  return new Parser(config.standard as Standard, timeZoneOf(config));
}

/** Syslog messages of RFC 5424 and RFC 3164, one a line. */
export const SYSLOG_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'syslog',
  summary:
    'Syslog messages, one a line: timestamp, facility and severity by name, hostname, appname, procid, msgid, message ' +
    'and structured_data (an object of objects). What a message does not have, or has as "-", is absent.',
  fields: [
    {
      name: 'standard',
      summary: 'Which standard the messages follow. auto: each shows it.',
      type: { kind: 'enum', values: ['auto', 'rfc5424', 'rfc3164'] },
      default: 'auto',
    },
    {
      name: 'mode',
      summary:
        'best_effort: also what devices write that keep to no standard. The priority may be missing, after one any text ' +
        'is the message, and elements of structured data that break the rules are left out. strict: every other message ' +
        'than one by the letter of its standard is refused.',
      type: { kind: 'enum', values: ['best_effort', 'strict'] },
      default: 'best_effort',
    },
    TIMEZONE,
  ],
  example: '{type: syslog, timezone: Europe/Paris}',
  decoder: {
    framing: () => 'lines',
    shape: () => shapeOfLine(SYSLOG_FIELDS),
    sample: {
      input:
        '<165>1 2003-10-11T22:14:15.003Z web-1 shop 8710 ID47 [order@32473 id="17"] paid\n' +
        '<38>Oct 11 22:14:15 web-1 sshd[411]: Accepted publickey for alice',
      output:
        '{"timestamp":"2003-10-11T22:14:15.003Z","facility":"local4","severity":"notice","hostname":"web-1",' +
        '"appname":"shop","procid":"8710","msgid":"ID47","message":"paid","structured_data":{"order@32473":{"id":"17"}}}\n' +
        '{"timestamp":"2026-10-11T20:14:15Z","facility":"auth","severity":"info","hostname":"web-1","appname":"sshd",' +
        '"procid":"411","message":"Accepted publickey for alice"}',
    },
    create: (config) => new LineDecoder(parserOf(config)),
  },
};
