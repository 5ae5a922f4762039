import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['millrace-source'] },
  ssr: { resolve: { conditions: ['millrace-source', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/temporary-folder.ts'],
    setupFiles: ['test/support/seed-properties.ts'],
    testTimeout: 60_000,
    pool: 'forks',
  },
});
