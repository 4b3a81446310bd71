import { defineConfig } from 'vitest/config'

/** Tests that say what the consent engine decides: `npm run mutants` runs them against each mutant of it. */
export default defineConfig({
  test: {
    include: ['test/consent/*.test.ts'],
    // These ask about lists, texts and time, not about decisions.
    exclude: ['bad-input', 'code-systems', 'redact'].map((name) => `test/consent/${name}.test.ts`),
    testTimeout: 30_000,
  },
})
