import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { MISTAKES, type Mistake } from './mistakes';

const DOC = readFileSync(join(__dirname, '../../../docs/workflows.md'), 'utf8');

/** A mistake as the documentation tells it. */
function told({ file, title, threads, compiler, generator }: Mistake, index: number): string {
  const links = [
    `[fixture](../workflows-src/model/mistakes/${file}.ts)`,
    ...threads.map(
      (url) => `[${url.replace('https://github.com/', '').replace(/\/(?:issues|pull)\//, '#')}](${url})`,
    ),
  ];
  const printed = [...(compiler === undefined ? [] : [compiler]), generator].join('\n');
  return `### ${index + 1}: ${title}\n\n${links.join(', ')}\n\n\`\`\`text\n${printed}\n\`\`\`\n`;
}

it('the documentation says what each mistake prints, compiler first', () => {
  const said = /<!-- mistakes -->\n(.*)<!-- \/mistakes -->/s.exec(DOC)?.[1];
  expect(said).toBe(`\n${MISTAKES.map(told).join('\n')}\n`);
});
