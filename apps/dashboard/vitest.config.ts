import { defineConfig } from 'vitest/config'

// Only what renders pays for a DOM.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'rules', environment: 'node', include: ['{src,scripts}/**/*.test.ts'] } },
      { test: { name: 'components', environment: 'jsdom', include: ['src/**/*.test.tsx'], setupFiles: ['test/setup.ts'] } },
    ],
  },
})
