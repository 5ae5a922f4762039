import { expect, it } from 'vitest';
import { inProcess, temporaryFolder, write } from '../cli/support.js';

const PIPELINE = `
name: alarms
sources: { in: { type: stdin, format: json } }
transforms:
  once: { type: dedupe, inputs: [in], key: id, window: 10m }
  few: { type: throttle, inputs: [once], rate: 2, per: 1m, key: host }
  paced: { type: throttle, inputs: [once], rate: 1, per: 1m, time: timestamp(at), queue: disk }
sinks:
  mail: { type: stdout, inputs: [few] }
  log: { type: blackhole, inputs: [paced] }
tests:
  - name: a host that alarms all the time
    now: 2026-01-01T12:00:00Z
    given:
      in:
        - '{"id":1,"host":"a","at":"2026-01-01T12:00:00Z"}'
        - '{"id":1,"host":"a","at":"2026-01-01T12:00:10Z"}'
        - '{"id":2,"host":"a","at":"2026-01-01T12:00:20Z"}'
        - '{"id":3,"host":"a","at":"2026-01-01T12:00:30Z"}'
        - '{"id":4,"host":"b","at":"2026-01-01T12:01:00Z"}'
    expect:
      once: { count: 4 }
      mail: ['id == 1', 'id == 2', 'id == 4']
      log: ['id == 1', 'id == 4']
    dropped: { once: 1, few: 1, paced: 2 }
  - name: another test remembers nothing of the first
    given: { once: [{ id: 1, host: a, at: "2026-01-01T12:00:00Z" }] }
    expect: { once: ['id == 1'] }
`;

it('tests of stages that remember begin empty, and all records are read at the time that they say', async () => {
  const folder = temporaryFolder();
  const file = write(folder, 'p.yaml', PIPELINE);
  const { code, out, err } = await inProcess('test', file);
  expect({ code, err, out }).toMatchObject({ code: 0, err: '', out: expect.stringContaining('2 passed') });
  const wrong = write(folder, 'wrong.yaml', PIPELINE.replace('rate: 2', 'rate: 3'));
  const failed = await inProcess('test', wrong);
  expect(failed.code).toBe(1);
  expect(failed.out).toContain('id');
});
