// Writes docs/reference from the definitions of components and commands: `npm run docs`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referencePages } from './reference.js';

const folder = process.argv[2] ?? 'docs/reference';
mkdirSync(folder, { recursive: true });
const pages = referencePages();
for (const [name, text] of pages) writeFileSync(join(folder, name), text);
process.stdout.write(`wrote ${pages.size} pages to ${folder}\n`);
