import { Problems, readYaml } from '../../src/config/index.js';
import { bytesOf, failed, PASSED, type Suite } from './suite.js';

/** The cases of yaml-test-suite that must be refused. */
export const YAML_SUITE: Suite = {
  name: 'yaml_test_suite',
  run: (item) => {
    const problems = new Problems();
    const readFile = (): string => {
      throw Object.assign(new Error('there are no files here'), { code: 'ENOENT' });
    };
    readYaml(bytesOf(item).toString(), 'case.yaml', { env: {}, readFile }, problems);
    return problems.sorted().length > 0 ? PASSED : failed('accepted');
  },
};
