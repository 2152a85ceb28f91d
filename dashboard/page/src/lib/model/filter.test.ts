import { expect, it } from 'vitest';
import { post, pre } from './fixtures';
import { foldsIntoCall } from './filter';
import { SpanIndex } from './spans';

it('folds the end of a call into its start, but only where the start is there', () => {
  const spans = new SpanIndex();
  const whole = [pre(1, 'a'), post(2, 'a')];
  const alone = post(3, 'b');
  [...whole, alone].forEach((each) => spans.add(each));
  expect([...whole, alone].map(foldsIntoCall)).toEqual([false, true, false]);
});
