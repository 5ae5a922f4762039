import { writeFileSync } from 'node:fs';
import { messageOf } from '../base/errors.js';
import { Exit, type Io } from './io.js';

/** A pipeline that runs as it stands. */
export const STARTER = `# A Millrace pipeline. Run it:    millrace run pipeline.yaml
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
`;

/** `millrace init`. */
export function initVerb(file: string, io: Io): number {
  try {
    writeFileSync(file, STARTER, { flag: 'wx' });
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const reason = exists ? 'it is there already; give another name' : messageOf(error);
    io.err.write(`error: ${file} cannot be written: ${reason}\n`);
    return Exit.FAILED;
  }
  io.out.write(`wrote ${file}; run it with: millrace run ${file}\n`);
  return Exit.DONE;
}
