// Bundles the compiled command line into dist/bin: loading two hundred small modules takes longer than a short run.
// What is loaded only now and then, or brings a thread of its own, stays a package.
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { rolldown } from 'rolldown';

const packages = ['pino', 'piscina', 'apache-arrow', 'amqplib', '@platformatic/kafka'];
const bundled = [
  'preact',
  'htm',
  'yaml',
  'commander',
  'tinyglobby',
  'bowser',
  '@opentelemetry/exporter-metrics-otlp-http',
  '@opentelemetry/otlp-exporter-base',
  '@opentelemetry/otlp-transformer',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/resources',
  '@opentelemetry/core',
  '@opentelemetry/api',
  '@opentelemetry/api-logs',
  '@opentelemetry/sdk-logs',
  'mmdb-lib',
  'fdir',
  'picomatch',
];

await rm('dist/bin', { recursive: true, force: true });
const bundle = await rolldown({
  input: { millrace: 'dist/src/main.js', thread: 'dist/src/workers/thread.js' },
  platform: 'node',
  external: packages,
});
await bundle.write({
  dir: 'dist/bin',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  // Less to scan at every start; names stay, for the sake of stack traces.
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
});
await bundle.close();

// The dashboard is made for browsers, and served as it is.
const dashboard = await rolldown({ input: 'src/dashboard/dashboard.ts', platform: 'browser' });
await dashboard.write({
  dir: 'dist/bin/dashboard',
  format: 'esm',
  entryFileNames: '[name].js',
  minify: true,
});
await dashboard.close();
for (const name of ['index.html', 'style.css'])
  await copyFile(`src/dashboard/${name}`, `dist/bin/dashboard/${name}`);

const notices = await Promise.all(
  bundled.map(async (name) => {
    const folder = `node_modules/${name}`;
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name}\n\n${file ? await readFile(`${folder}/${file}`, 'utf8') : 'see its package'}`;
  }),
);
await writeFile('dist/bin/LICENSES.txt', notices.join('\n----\n\n'));
