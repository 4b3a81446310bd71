import { defineConfig } from 'vitest/config'

/** Tests that say what the consent engine decides: `npm run mutants` runs them against each mutant of it. */
export default defineConfig({
  test: {
    include: ['test/consent/*.test.ts'],
    // These ask about lists and texts, not about decisions.
    exclude: ['test/consent/code-systems.test.ts', 'test/consent/redact.test.ts'],
    testTimeout: 30_000,
  },
})
