import { defineConfig } from 'vitest/config'
import dashboard from './apps/dashboard/vitest.config.ts'

/** A project cannot have projects of its own, so those of the dashboard stand here as ours. */
const dashboardProjects = (dashboard.test?.projects ?? []).flatMap(project =>
  typeof project === 'object' && 'test' in project ? [{ ...project, root: 'apps/dashboard' }] : [],
)

/** Every package's tests in one run. Two workers: the suite has to be quick on two cores, and the database needs its share. */
export default defineConfig({
  test: {
    projects: [
      'packages/*/vitest.config.ts',
      'apps/{control-plane,runner}/vitest.config.ts',
      'scripts/vitest.config.ts',
      ...dashboardProjects,
      // Kills under load, in the end and alone: how fast things recover is part of what is tested.
      { extends: './e2e/vitest.config.ts', root: 'e2e', test: { name: 'crash', sequence: { groupOrder: 1 } } },
    ],
    maxWorkers: 2,
    passWithNoTests: true,
  },
})
