import { refusalOf } from '../formats/json-fixture.js';
import { bytesOf, failed, PASSED, type Suite } from './suite.js';

/** Nicolas Seriot's JSONTestSuite: what is JSON is accepted, what is none becomes a dead letter, the rest is recorded. */
export const JSON_SUITE: Suite = {
  name: 'json_test_suite',
  run: (item) => {
    const refusal = refusalOf(bytesOf(item));
    if (item.expected === 'accept') return refusal === undefined ? PASSED : failed(`refused: ${refusal}`);
    if (item.expected === 'reject') return refusal === undefined ? failed('accepted') : PASSED;
    return { kind: 'recorded', message: refusal === undefined ? 'accepted' : `refused: ${refusal}` };
  },
};
