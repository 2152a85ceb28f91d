import { expect, it } from 'vitest';
import { jsonLine, markdownHead, markdownOf } from './export';
import { envelope } from './fixtures';

it('writes one line for an event', () => {
  const given = envelope({ seq: 1, summary: 'two\nlines' });
  expect(jsonLine(given).trimEnd()).not.toContain('\n');
  expect(JSON.parse(jsonLine(given))).toEqual(given);
});

it('tells a session to people', () => {
  const prompt = { ...envelope({ seq: 1, type: 'hook.user_prompt' }), payload: { prompt: 'Fix it\nplease' } };
  const start = envelope({ seq: 2, type: 'hook.pre_tool_use', tool_name: 'Bash' });
  const end = {
    ...envelope({ seq: 3, type: 'hook.post_tool_use', tool_name: 'Bash', duration_ms: 12 }),
    payload: { tool_input: { command: 'ls' }, tool_response: { stdout: 'a\n```\nb' } },
  };
  const text = [prompt, start, end].map(markdownOf).join('');
  expect(text).toContain('> Fix it\n> please');
  expect(text).toContain('**Bash**');
  expect(text).toContain('12 ms');
  expect(text).toContain('```sh\nls\n```');
  expect(text.match(/\*\*Bash\*\*/g)).toHaveLength(1);
});

it('keeps what an agent said inside its fence', () => {
  const end = {
    ...envelope({ seq: 3, type: 'hook.post_tool_use', tool_name: 'Bash' }),
    payload: { tool_input: { command: 'x' }, tool_response: 'a\n````\n# owned' },
  };
  expect(markdownOf(end)).toContain('`````\na\n````\n# owned\n`````');
  expect(markdownHead('na\nme', 'id', undefined)).toBe('# na me\n\nid\n');
});
