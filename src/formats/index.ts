import { COMBINED_FORMAT, COMMON_FORMAT } from './access/index.js';
import { APACHE_ERROR_FORMAT } from './apache-error/index.js';
import { ARROW_FORMAT } from './arrow/index.js';
import { CEF_FORMAT } from './cef/index.js';
import { CRI_FORMAT } from './cri.js';
import { CSV_FORMAT, TSV_FORMAT } from './csv/index.js';
import type { FormatDefinition } from './format.js';
import { GELF_FORMAT } from './gelf/index.js';
import { GROK_FORMAT } from './grok/index.js';
import { JSON_FORMAT } from './json/index.js';
import { KEY_VALUE_FORMAT } from './key-value/index.js';
import { GLOG_FORMAT, KLOG_FORMAT } from './klog.js';
import { LINES_FORMAT } from './lines.js';
import { LOGFMT_FORMAT } from './logfmt/index.js';
import { LTSV_FORMAT } from './ltsv.js';
import { NGINX_FORMAT } from './nginx/index.js';
import { PARQUET_FORMAT } from './parquet/index.js';
import { REGEX_FORMAT } from './regex/index.js';
import { SYSLOG_FORMAT } from './syslog/index.js';
import { TEMPLATE_FORMAT } from './template.js';
import { TIMESTAMP_FORMAT } from './timestamp.js';

export { FlatTable } from './arrow/flat-table.js';
export {
  type ArrowMessage,
  FILE_PREFIX_BYTES,
  isFilePrefix,
  looksLikeMessage,
  MessageType,
  messageAt,
} from './arrow/message.js';
export { CsvScanner } from './csv/scanner.js';
export type {
  CsvFraming,
  Decoded,
  Decoder,
  Encoder,
  FormatConfig,
  FormatDefinition,
  Framing,
  MultilineFraming,
  Piece,
  PieceDecoder,
  Refusal,
  Sample,
  Wanted,
  Written,
} from './format.js';
export { PieceRefused } from './format.js';
export { type Framed, frame } from './frame.js';
export { grokLibrary, type LibraryPattern } from './grok/catalogue.js';
export { MemberFinder } from './json/find-members.js';
export { visibleDocuments } from './json/visible.js';
export { Members } from './members.js';
export {
  isMultiline,
  joinContainers,
  joinsContainers,
  LIMITS as MULTILINE_LIMITS,
  MULTILINE,
  type MultilineConfig,
  type MultilineKind,
  mostBytesOf,
  multilineFraming,
  multilineProblem,
  type OpenRecords,
  openRecordsOf,
} from './multiline/index.js';
export { writePlain } from './plain.js';

/** All formats: the only list. */
export const FORMATS: readonly FormatDefinition[] = [
  LINES_FORMAT,
  JSON_FORMAT,
  COMBINED_FORMAT,
  COMMON_FORMAT,
  NGINX_FORMAT,
  APACHE_ERROR_FORMAT,
  SYSLOG_FORMAT,
  LOGFMT_FORMAT,
  KEY_VALUE_FORMAT,
  LTSV_FORMAT,
  CEF_FORMAT,
  GELF_FORMAT,
  KLOG_FORMAT,
  GLOG_FORMAT,
  CRI_FORMAT,
  TIMESTAMP_FORMAT,
  CSV_FORMAT,
  TSV_FORMAT,
  REGEX_FORMAT,
  TEMPLATE_FORMAT,
  GROK_FORMAT,
  ARROW_FORMAT,
  PARQUET_FORMAT,
];

/** The format of this name, or undefined. */
export function formatNamed(name: string): FormatDefinition | undefined {
  return FORMATS.find((format) => format.name === name);
}
