// The programs of docs/api.md are files, included verbatim. Run by itself, this writes the files into the page.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const PAGE = join(ROOT, 'docs/api.md');

/** `<!-- path -->` or `<!-- answer of path -->`, and the block that follows. */
const BLOCK = /<!-- (?<isAnswer>answer of )?(?<file>\S+) -->\n```(?<language>\w+)\n(?<text>(?:(?!```).*\n)*)```\n/g;

/** The blocks of a page, each with the file that it shows, or whose answer it is like. */
export function blocks(page) {
  return [...page.matchAll(BLOCK)].map(({ groups }) => ({ ...groups, isAnswer: Boolean(groups.isAnswer) }));
}

/** What the page shows of a file. */
export async function shown(file) {
  return await readFile(join(ROOT, file), 'utf8');
}

async function main() {
  let page = await readFile(PAGE, 'utf8');
  for (const { file, language, text, isAnswer } of blocks(page)) {
    if (isAnswer) continue;
    const block = (content) => `<!-- ${file} -->\n\`\`\`${language}\n${content}\`\`\`\n`;
    const content = await shown(file);
    page = page.replace(block(text), () => block(content));
  }
  await writeFile(PAGE, page);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
