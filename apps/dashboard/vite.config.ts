import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { firstPageLimit } from './scripts/first-page-weight.ts'

const controlPlane = 'http://127.0.0.1:4400'

export default defineConfig({
  plugins: [react(), tailwindcss(), firstPageLimit()],
  build: {
    // light-dark() and oklch() are used as written; older targets would have them expanded into twice the style sheet.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Assets stay files: the server's content policy has no data: sources.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: {
      '/graphql': { target: controlPlane, ws: true },
      '/session': controlPlane,
      // The page is ours; the one-time link with its code is the server's.
      '/sign-in': { target: controlPlane, bypass: request => (request.url?.includes('code=') ? undefined : '/index.html') },
    },
  },
})
