import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../base/errors.js';
import { pipelineSchema } from '../plan/index.js';
import { CATALOGUE } from './catalogue.js';
import { Exit, type Io } from './io.js';

/** A pipeline that runs as it stands, with its tests. */
const STARTER = `# yaml-language-server: $schema=pipeline.schema.json
# A Millrace pipeline. Run it:    millrace run pipeline.yaml
# Check it without running:       millrace validate pipeline.yaml
# All components and options:     millrace list

# Names the state folder and the metrics; without it, the file's name is taken.
name: starter

sources:
  # Made-up lines of a web server, so that this file runs anywhere. For real ones:
  #   type: file
  #   paths: ["/var/log/nginx/access*.log"]
  web:
    type: generate
    kind: access_log
    count: 10000
    format: combined # how a line becomes a record; without it a record is {message: <line>}

transforms:
  # Expressions are CEL; a name is a field of the record.
  failed:
    type: filter
    inputs: [web]
    where: status >= 500

  shaped:
    type: map
    inputs: [failed]
    add: { service: shop } # fixed values and templates
    drop: [referrer, agent]

sinks:
  out:
    type: file
    inputs: [shaped]
    path: out/failed.ndjson
    format: json # one JSON document a line
    mode: overwrite

# Records that cannot be processed are kept as dead letters under this folder.
runtime:
  state: .millrace

# Run them with:                  millrace test pipeline.yaml
tests:
  - name: only requests that failed are written
    given:
      web:
        - '203.0.113.7 - - [25/Nov/2026:10:00:00 +0000] "GET /cart HTTP/1.1" 502 12 "-" "curl"'
        - '203.0.113.9 - - [25/Nov/2026:10:00:02 +0000] "GET / HTTP/1.1" 200 5120 "-" "curl"'
    expect:
      out:
        - status == 502 && service == "shop"
    dropped: { failed: 1 }
`;

/** Editors read it, for completion and checks; the first line of the pipeline names it. */
const SCHEMA_FILE = 'pipeline.schema.json';

/** `millrace init`. */
export function initVerb(file: string, io: Io): number {
  if (!writeNew(file, STARTER, io)) return Exit.FAILED;
  const schema = join(dirname(file), SCHEMA_FILE);
  const text = `${JSON.stringify(pipelineSchema(CATALOGUE), undefined, 2)}\n`;
  if (!existsSync(schema) && !writeNew(schema, text, io)) return Exit.FAILED;
  io.out.write(`wrote ${file}; run it with: millrace run ${file}\n`);
  return Exit.DONE;
}

function writeNew(file: string, text: string, io: Io): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const reason = exists ? 'it is there already; give another name' : messageOf(error);
    io.err.write(`error: ${file} cannot be written: ${reason}\n`);
    return false;
  }
}
