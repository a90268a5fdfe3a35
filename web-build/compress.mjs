// Writes a `.br` and a `.gz` beside every file of a folder that gets smaller by it, as hard as can be done:
// it is done once, and served many times.
//
//   node compress.mjs FOLDER

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Already compressed inside: compressing again costs the reader a decompression and saves nothing. */
const INCOMPRESSIBLE = /\.(?:png|jpe?g|webp|avif|gif|woff2?|br|gz)$/;

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node compress.mjs FOLDER');
  process.exit(2);
}

const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const files = entries
  .filter((entry) => entry.isFile() && !INCOMPRESSIBLE.test(entry.name))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

await Promise.all(
  files.map(async (file) => {
    const plain = await readFile(file);
    const [brotli, gzipped] = await Promise.all([
      promisify(brotliCompress)(plain, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
          [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
        },
      }),
      promisify(gzip)(plain, { level: 9 }),
    ]);
    if (brotli.length < plain.length) await writeFile(`${file}.br`, brotli);
    if (gzipped.length < plain.length) await writeFile(`${file}.gz`, gzipped);
  }),
);
