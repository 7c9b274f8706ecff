import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Longer than anything that is polled for takes on a busy machine; it costs nothing where it comes sooner. */
const pollMs = 30_000;

/** One runner for every suite; `verify` runs the projects one after the other. Tests import sources, not dist. */
const conditions = ['@fluoroscope/source', 'node', 'development|production'];
const project = (name: string, include: string[], timeoutSeconds: number) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  oxc: { decorator: { legacy: true } },
  test: {
    name,
    root: fileURLToPath(new URL('..', import.meta.url)),
    include,
    environment: 'node',
    pool: 'forks' as const,
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: timeoutSeconds * 1000,
    expect: { poll: { timeout: pollMs } },
    fileParallelism: name === 'unit',
  },
});

const withSetup = (one: ReturnType<typeof project>, globalSetup: string) => ({ ...one, test: { ...one.test, globalSetup } });

export default defineConfig({
  test: {
    projects: [
      project('unit', ['libs/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'test/fixtures/**/*.test.ts'], 60),
      project('tidy', ['test/tidy/**/*.test.ts'], 60),
      project('storage', ['test/storage/**/*.test.ts'], 300),
      project('compat', ['test/compat/**/*.test.ts'], 120),
      project('e2e', ['test/e2e/**/*.test.ts'], 120),
      project('patient', ['test/patient/**/*.test.ts'], 600),
      project('faults', ['test/faults/**/*.test.ts'], 300),
      withSetup(project('kafka', ['test/kafka/**/*.test.ts'], 300), 'test/kafka/shared-broker.ts'),
    ],
  },
});
