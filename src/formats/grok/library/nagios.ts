// What Nagios writes to its log: https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/

const HOST = '%{DATA:nagios_hostname|host.hostname}';
const SERVICE = '%{DATA:nagios_service|service.name}';
const STATE = '%{DATA:nagios_state|service.state}';
const STATE_TYPE = '%{DATA:nagios_statetype|nagios.log.state_type}';
const MESSAGE = '%{GREEDYDATA:nagios_message|message}';
const COMMENT = '%{GREEDYDATA:nagios_comment|nagios.log.comment}';

/** Lines of the form `TYPE: cell;cell;…`, by the name of their pattern. */
const LINES: readonly (readonly [name: string, type: string, cells: readonly string[]])[] = [
  [
    'CURRENT_SERVICE_STATE',
    'CURRENT SERVICE STATE',
    [HOST, SERVICE, STATE, STATE_TYPE, attempt('statecode'), MESSAGE],
  ],
  ['CURRENT_HOST_STATE', 'CURRENT HOST STATE', [HOST, STATE, STATE_TYPE, attempt('statecode'), MESSAGE]],
  [
    'SERVICE_NOTIFICATION',
    'SERVICE NOTIFICATION',
    [
      '%{DATA:nagios_notifyname|user.name}',
      HOST,
      SERVICE,
      STATE,
      '%{DATA:nagios_contact|nagios.log.notification_command}',
      MESSAGE,
    ],
  ],
  [
    'HOST_NOTIFICATION',
    'HOST NOTIFICATION',
    [
      '%{DATA:nagios_notifyname|user.name}',
      HOST,
      STATE,
      '%{DATA:nagios_contact|nagios.log.notification_command}',
      MESSAGE,
    ],
  ],
  [
    'SERVICE_ALERT',
    'SERVICE ALERT',
    [HOST, SERVICE, STATE, '%{DATA:nagios_statelevel|nagios.log.state_type}', attempt('attempt'), MESSAGE],
  ],
  [
    'HOST_ALERT',
    'HOST ALERT',
    [HOST, STATE, '%{DATA:nagios_statelevel|nagios.log.state_type}', attempt('attempt'), MESSAGE],
  ],
  ['SERVICE_FLAPPING_ALERT', 'SERVICE FLAPPING ALERT', [HOST, SERVICE, STATE, MESSAGE]],
  ['HOST_FLAPPING_ALERT', 'HOST FLAPPING ALERT', [HOST, STATE, MESSAGE]],
  ['SERVICE_DOWNTIME_ALERT', 'SERVICE DOWNTIME ALERT', [HOST, SERVICE, STATE, COMMENT]],
  ['HOST_DOWNTIME_ALERT', 'HOST DOWNTIME ALERT', [HOST, STATE, COMMENT]],
  [
    'PASSIVE_SERVICE_CHECK',
    'PASSIVE SERVICE CHECK',
    [HOST, SERVICE, STATE, '%{GREEDYDATA:nagios_comment|nagios.log.comment}'],
  ],
  [
    'PASSIVE_HOST_CHECK',
    'PASSIVE HOST CHECK',
    [HOST, STATE, '%{GREEDYDATA:nagios_comment|nagios.log.comment}'],
  ],
  [
    'SERVICE_EVENT_HANDLER',
    'SERVICE EVENT HANDLER',
    [HOST, SERVICE, STATE, STATE_TYPE, '%{DATA:nagios_event_handler_name|nagios.log.event_handler_name}'],
  ],
  [
    'HOST_EVENT_HANDLER',
    'HOST EVENT HANDLER',
    [HOST, STATE, STATE_TYPE, '%{DATA:nagios_event_handler_name|nagios.log.event_handler_name}'],
  ],
  [
    'TIMEPERIOD_TRANS',
    'TIMEPERIOD TRANSITION',
    [
      SERVICE,
      '%{NUMBER:nagios_unknown1|nagios.log.period_from:int}',
      '%{NUMBER:nagios_unknown2|nagios.log.period_to:int}',
    ],
  ],
];

/** External commands, `EXTERNAL COMMAND: NAME;cell;…`. */
const COMMANDS: readonly (readonly [name: string, command: string, cells: readonly string[]])[] = [
  ['DISABLE_SVC_CHECK', 'DISABLE_SVC_CHECK', [HOST, SERVICE]],
  ['DISABLE_HOST_CHECK', 'DISABLE_HOST_CHECK', [HOST]],
  ['ENABLE_SVC_CHECK', 'ENABLE_SVC_CHECK', [HOST, SERVICE]],
  ['ENABLE_HOST_CHECK', 'ENABLE_HOST_CHECK', [HOST]],
  [
    'PROCESS_SERVICE_CHECK_RESULT',
    'PROCESS_SERVICE_CHECK_RESULT',
    [HOST, SERVICE, STATE, '%{GREEDYDATA:nagios_check_result|nagios.log.check_result}'],
  ],
  [
    'PROCESS_HOST_CHECK_RESULT',
    'PROCESS_HOST_CHECK_RESULT',
    [HOST, STATE, '%{GREEDYDATA:nagios_check_result|nagios.log.check_result}'],
  ],
  ['DISABLE_SVC_NOTIFICATIONS', 'DISABLE_SVC_NOTIFICATIONS', [HOST, SERVICE]],
  ['DISABLE_HOST_NOTIFICATIONS', 'DISABLE_HOST_NOTIFICATIONS', [HOST]],
  ['DISABLE_HOST_SVC_NOTIFICATIONS', 'DISABLE_HOST_SVC_NOTIFICATIONS', [HOST]],
  ['ENABLE_HOST_NOTIFICATIONS', 'ENABLE_HOST_NOTIFICATIONS', [HOST]],
  ['ENABLE_SVC_NOTIFICATIONS', 'ENABLE_SVC_NOTIFICATIONS', [HOST, SERVICE]],
  ['ENABLE_HOST_SVC_NOTIFICATIONS', 'ENABLE_HOST_SVC_NOTIFICATIONS', [HOST]],
  [
    'SCHEDULE_HOST_DOWNTIME',
    'SCHEDULE_HOST_DOWNTIME',
    [
      HOST,
      '%{NUMBER:nagios_start_time|nagios.log.start_time}',
      '%{NUMBER:nagios_end_time|nagios.log.end_time}',
      '%{NUMBER:nagios_fixed|nagios.log.fixed}',
      '%{NUMBER:nagios_trigger_id|nagios.log.trigger_id}',
      '%{NUMBER:nagios_duration|nagios.log.duration:int}',
      '%{DATA:author|user.name}',
      '%{DATA:comment|nagios.log.comment}',
    ],
  ],
];

function attempt(legacy: string): string {
  return `%{DATA:nagios_${legacy}|nagios.log.attempt:int}`;
}

function typeOf(name: string, type: string): string {
  return `NAGIOS_TYPE_${name} ${type}`;
}

/** A cell takes what stands before the next semicolon; the last one takes the rest. */
function cellsOf(cells: readonly string[]): string {
  return cells
    .map((cell, i) =>
      i < cells.length - 1
        ? cell.replace('%{DATA:', '%{NAGIOS_CELL:')
        : cell.replace('%{DATA:', '%{GREEDYDATA:'),
    )
    .join(';');
}

const TYPE = (name: string): string => `%{NAGIOS_TYPE_${name}:nagios_type|nagios.log.type}`;
const EXTERNAL = TYPE('EXTERNAL_COMMAND');

/** What Nagios logs. */
export const NAGIOS = [
  'NAGIOSTIME \\[%{NUMBER:nagios_epoch|timestamp}\\]',
  'NAGIOS_CELL [^;]*',
  typeOf('EXTERNAL_COMMAND', 'EXTERNAL COMMAND'),
  ...LINES.map(([name, type]) => typeOf(name, type)),
  ...COMMANDS.map(([name, command]) => `NAGIOS_EC_${name} ${command}`),
  'NAGIOS_WARNING Warning:%{SPACE}%{GREEDYDATA:nagios_message|message}',
  ...LINES.map(([name, , cells]) => `NAGIOS_${name} ${TYPE(name)}: ${cellsOf(cells)}`),
  ...COMMANDS.map(
    ([name, , cells]) =>
      `NAGIOS_EC_LINE_${name} ${EXTERNAL}: %{NAGIOS_EC_${name}:nagios_command|nagios.log.command};${cellsOf(cells)}`,
  ),
  `NAGIOSLOGLINE %{NAGIOSTIME} (?:%{NAGIOS_WARNING}|${[
    ...LINES.map(([name]) => `%{NAGIOS_${name}}`),
    ...COMMANDS.map(([name]) => `%{NAGIOS_EC_LINE_${name}}`),
  ].join('|')})`,
].join('\n');
