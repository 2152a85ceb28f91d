// ~/code/docs-site: a slash command, two edits at once, other languages, and an API that fails once.
import { bash, call } from '../agent/script.ts';
import type { Scripts } from '../agent/script.ts';
import type { Desk, Story } from './desk.ts';
import { after, speech } from './pace.ts';

const CHECK_LINKS_JS = `import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

let broken = 0;
for (const page of readdirSync("pages").filter((name) => name.endsWith(".md"))) {
  for (const [, target] of readFileSync(join("pages", page), "utf8").matchAll(/\\]\\((\\.[^)]+)\\)/g)) {
    if (existsSync(join(dirname(join("pages", page)), target))) continue;
    console.error(\`pages/\${page}: \${target} does not exist\`);
    broken += 1;
  }
}
console.log(broken ? \`\${broken} broken links\` : "all links lead somewhere");
process.exit(broken ? 1 : 0);
`;

const INSTALL_DE = `# Installation

Zuerst die [Übersicht](./index.md) lesen. Dann:

1. Paket laden („stable“ genügt).
2. Prüfsumme vergleichen: Größe und SHA-256 müssen übereinstimmen.
3. Starten. Fertig! 🎉

日本語版は準備中です。
`;

const CHECK = bash('node scripts/check-links.js', { description: 'Check the links' });

const scripts = (folder: string): Scripts => ({
  'check links': {
    opens: 'Run the link checker and mend',
    turns: () => [
      after(1500, CHECK),
      after(
        2100,
        call('Read', { file_path: `${folder}/pages/install.md` }),
        call('Read', { file_path: `${folder}/pages/index.md` }),
      ),
      after(
        2300,
        speech('Both point to pages that were renamed.'),
        call('Edit', {
          file_path: `${folder}/pages/install.md`,
          old_string: './setup.md',
          new_string: './configure.md',
        }),
        call('Edit', {
          file_path: `${folder}/pages/index.md`,
          old_string: './installation.md',
          new_string: './install.md',
        }),
      ),
      after(1100, CHECK),
      after(1300, speech('Two links mended; all links lead somewhere now.')),
    ],
  },
  german: {
    opens: 'add a German install page',
    turns: () => [{ blocks: [], think_ms: 1200, refusal: { status: 400, kind: 'invalid_request_error' } }],
  },
  'german again': {
    opens: 'try the German page once more',
    turns: () => [
      after(1600, bash('cd pages && ls *.md', { description: 'List the pages' })),
      after(1900, call('Write', { file_path: `${folder}/pages/install.de.md`, content: INSTALL_DE })),
      after(1000, bash('cd .. && node scripts/check-links.js', { description: 'Check the links' })),
      after(
        1400,
        speech('pages/install.de.md is there: „Installation“, mit Verweis auf die Übersicht. Links checked.'),
      ),
    ],
  },
});

async function person(desk: Desk): Promise<void> {
  await desk.pauses(7000);
  await desk.sitDown();
  await desk.pauses(2000);
  await desk.asks('/check-links pages');
  await desk.sees('Stop');
  await desk.pauses(3000);
  await desk.asks('Thanks! Now add a German install page.');
  await desk.sees('StopFailure');
  await desk.pauses(3000);
  await desk.asks('Odd. Please try the German page once more.');
  await desk.sees('Stop');
  await desk.pauses(2500);
  await desk.leaves();
}

export const DOCS_SITE: Story = {
  project: 'docs-site',
  files: {
    'CLAUDE.md': '# docs-site\n\nMarkdown under pages/. `node scripts/check-links.js` must stay green.\n',
    'package.json': '{ "name": "docs-site", "type": "module" }\n',
    'pages/index.md': '# Overview\n\nStart with the [installation](./installation.md).\n',
    'pages/install.md': '# Install\n\nDownload, compare the checksum, then [set it up](./setup.md).\n',
    'pages/configure.md': '# Configure\n\nBack to the [overview](./index.md).\n',
    'scripts/check-links.js': CHECK_LINKS_JS,
    '.claude/commands/check-links.md':
      '---\ndescription: Mend broken links\n---\nRun the link checker and mend what it finds in $ARGUMENTS.\n',
    '.claude/settings.json': '{ "permissions": { "allow": ["Bash(node scripts/check-links.js)"] } }\n',
  },
  args: ['--permission-mode', 'acceptEdits'],
  scripts,
  person,
};
