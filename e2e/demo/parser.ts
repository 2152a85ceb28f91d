// ~/code/parser: a bug is found by its failing test, mended by an Edit, and committed once the person allows it.
import { bash, call } from '../agent/script.ts';
import type { Scripts } from '../agent/script.ts';
import type { Desk, Story } from './desk.ts';
import { after, speech } from './pace.ts';

const DATE_JS = `const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads YYYY-MM-DD; throws a RangeError for a day that is in no calendar. */
export function parseDate(text) {
  const match = /^(\\d{4})-(\\d{2})-(\\d{2})$/.exec(text);
  if (!match) throw new SyntaxError(\`not a date: \${text}\`);
  const [year, month, day] = match.slice(1).map(Number);
  if (month < 1 || month > 12) throw new RangeError(\`no such month: \${text}\`);
  if (day < 1 || day > DAYS[month - 1]) throw new RangeError(\`no such day: \${text}\`);
  return { year, month, day };
}
`;

const DATE_TEST_JS = `import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDate } from "../src/date.js";

test("reads a date", () => {
  assert.deepEqual(parseDate("2023-07-14"), { year: 2023, month: 7, day: 14 });
});

test("knows leap years", () => {
  assert.deepEqual(parseDate("2024-02-29"), { year: 2024, month: 2, day: 29 });
  assert.throws(() => parseDate("1900-02-29"), RangeError);
});

test("refuses other days", () => {
  assert.throws(() => parseDate("2023-04-31"), RangeError);
});
`;

const CHECK = 'if (day < 1 || day > DAYS[month - 1])';
const LEAP = 'const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;';
const TEST = 'node --test --test-reporter=spec';

const scripts = (folder: string): Scripts => ({
  'leap year': {
    opens: 'parseDate rejects 2024-02-29',
    turns: () => [
      after(
        1800,
        speech("I'll read the parser and its tests first."),
        call('Read', { file_path: `${folder}/src/date.js` }),
        call('Read', { file_path: `${folder}/test/date.test.js` }),
      ),
      after(1400, bash(TEST, { description: 'Run the tests' })),
      after(
        3200,
        speech(
          "The table says 28 days for every February; nothing looks at the year. I'll let February have 29 days in a leap year.",
        ),
        call('Edit', {
          file_path: `${folder}/src/date.js`,
          old_string: CHECK,
          new_string: `${LEAP}\n  const days = month === 2 && leap ? 29 : DAYS[month - 1];\n  if (day < 1 || day > days)`,
        }),
      ),
      after(1200, bash(TEST, { description: 'Run the tests again' })),
      after(
        1600,
        speech(
          'Fixed: `parseDate` took February for 28 days in every year. It now knows leap years, the century rule included, ' +
            'and all three tests pass.',
        ),
      ),
    ],
  },
  commit: {
    opens: 'commit it with a message',
    turns: () => [
      after(1300, bash('git diff --stat', { description: 'Show what changed' })),
      after(
        1500,
        bash('git commit --quiet --all --message "date: accept 29 February in leap years"', {
          description: 'Commit the fix',
        }),
      ),
      after(1200, speech('Committed as “date: accept 29 February in leap years”.')),
    ],
  },
});

async function person(desk: Desk): Promise<void> {
  await desk.sitDown();
  await desk.pauses(2500);
  await desk.asks('parseDate rejects 2024-02-29, but that day exists. Can you find out why and fix it?');
  await desk.sees('Stop');
  await desk.pauses(3500);
  await desk.asks('Looks right. Please commit it with a message that says why.');
  await desk.sees('Notification');
  await desk.pauses(1500);
  await desk.presses('Enter');
  await desk.sees('Stop');
  await desk.pauses(2000);
  await desk.leaves();
}

export const PARSER: Story = {
  project: 'parser',
  files: {
    'CLAUDE.md': '# parser\n\nSmall, strict parsers. Run `node --test` before you say that something works.\n',
    'package.json': '{ "name": "parser", "type": "module" }\n',
    'src/date.js': DATE_JS,
    'test/date.test.js': DATE_TEST_JS,
    '.claude/settings.json': '{ "permissions": { "allow": ["Bash(node --test:*)"] } }\n',
  },
  args: ['--permission-mode', 'acceptEdits'],
  scripts,
  person,
};
