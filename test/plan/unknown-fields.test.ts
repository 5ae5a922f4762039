import { describe, expect, it } from 'vitest';
import { planProblems } from '../support/run-pipeline.js';

const messagesOf = (format: string, stages: string): string[] =>
  planProblems(`sources: { web: { type: file, paths: [a.log], format: ${format} } }\n${stages}`).map(
    ({ stage, message }) => `${stage.id}: ${message}`,
  );

describe('fields that records never have', () => {
  it('are found in transforms, and in the paths, URLs and headers of sinks', () => {
    const found = messagesOf(
      'common',
      `
transforms: { failed: { type: filter, inputs: [web], where: stauts >= 500 } }
sinks:
  shown: { type: stdout, inputs: [failed] }
  files: { type: file, inputs: [web], path: "out/{methd}.log" }
  calls: { type: http, inputs: [web], url: "http://localhost/{host}", headers: { x-path: "{paht}", x-id: "{meta.id}" } }`,
    );
    expect(found).toEqual([
      'failed: its records have no field "stauts" (did you mean "status"?)',
      'files: its records have no field "methd" (did you mean "method"?)',
      'calls: its records have no field "paht" (did you mean "path"?)',
    ]);
  });

  it('are none where records name their own fields', () => {
    const sinks = 'sinks: { calls: { type: http, inputs: [web], url: "http://localhost/{stauts}" } }';
    expect(messagesOf('json', sinks)).toEqual([]);
  });
});
