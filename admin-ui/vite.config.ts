import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

// "npm run dev" talks to a light-push that runs already: deploy/quickstart.sh.
const target = process.env.LP_WEB_URL ?? 'http://127.0.0.1:8080';

/** The whole console, compressed; what a browser loads first is a part of it. */
const MOST_BYTES = 500_000;

/**
 * Beside each script and style sheet the same compressed, for web servers that do not do it. The
 * build fails when they have become too much.
 */
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle(options) {
      folder = path.join(options.dir ?? '', 'assets');
    },
    closeBundle() {
      let sum = 0;
      for (const file of readdirSync(folder).filter((name) => /\.(js|css)$/.test(name))) {
        const small = gzipSync(readFileSync(path.join(folder, file)), { level: 9 });
        writeFileSync(path.join(folder, `${file}.gz`), small);
        sum += small.length;
      }
      if (sum > MOST_BYTES) throw new Error(`the console has ${sum} bytes, ${MOST_BYTES} at most`);
    },
  };
}

export default defineConfig({
  base: '/push-admin/',
  plugins: [vue(), compressed()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: 'dist/push-admin',
    emptyOutDir: true,
    target: 'es2022',
    // Browsers since 2022 know it; the polyfill would be one more script.
    modulePreload: { polyfill: false },
    // Nothing inline: the page's policy forbids it.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      '/api': target,
      '/push/socket.io': { target, ws: true },
    },
  },
});
