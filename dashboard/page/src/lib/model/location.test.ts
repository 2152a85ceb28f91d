import { expect, it } from 'vitest';
import { placeUrl, readPlace, START } from './location';

it.each([
  '/',
  '/?session=s1',
  '/?session=s1&view=calls&q=tool_name%3ABash+failed&seq=42',
  '/?view=timeline',
  '/?view=agents&q=agent%3Acodex',
  '/?view=room&hide=prompt%2Cother&failed=1',
  '/?session=s1&view=files&path=src%2Fa+b.ts',
])('%s stays as it is', (url) => {
  expect(placeUrl(readPlace(new URL(url, 'http://x').search))).toBe(url);
});

it('ignores what it does not understand', () => {
  expect(readPlace('?view=nope&seq=-3&session=&hide=x&failed=2&other=1')).toEqual(START);
  expect(readPlace('?seq=1e400').seq).toBeNull();
});
