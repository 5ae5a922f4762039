import { CEL_SUITE } from './cel.js';
import { CSV_SUITE } from './csv.js';
import {
  FLUENT_BIT_KEY_VALUE_SUITE,
  FLUENT_BIT_MULTILINE_SUITE,
  FLUENT_BIT_TIME_SUITE,
} from './fluent-bit.js';
import { GROK_SUITE } from './grok.js';
import { JSON_SUITE } from './json.js';
import { LOGFMT_SUITE } from './logfmt.js';
import { RABBITMQ_BINDING_SUITE, RABBITMQ_HEADERS_SUITE, RABBITMQ_TOPIC_SUITE } from './rabbitmq.js';
import type { Suite } from './suite.js';
import { SYSLOG_SUITE } from './syslog.js';
import { VRL_SUITE } from './vrl.js';
import { YAML_SUITE } from './yaml.js';

/** All suites: the only list. */
export const SUITES: readonly Suite[] = [
  CEL_SUITE,
  CSV_SUITE,
  FLUENT_BIT_KEY_VALUE_SUITE,
  FLUENT_BIT_MULTILINE_SUITE,
  FLUENT_BIT_TIME_SUITE,
  GROK_SUITE,
  JSON_SUITE,
  LOGFMT_SUITE,
  RABBITMQ_BINDING_SUITE,
  RABBITMQ_HEADERS_SUITE,
  RABBITMQ_TOPIC_SUITE,
  SYSLOG_SUITE,
  VRL_SUITE,
  YAML_SUITE,
];
