import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  base: '/',
  plugins: [svelte()],
  resolve: { conditions: ['@fluoroscope/source', ...defaultClientConditions] },
  build: {
    target: 'es2022',
    // The content security policy allows 'self' only, so nothing may become a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
});
