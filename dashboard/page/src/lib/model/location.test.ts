import { expect, it } from 'vitest';
import { placeUrl, readPlace, START } from './location';

it.each(['/', '/?session=s1', '/?session=s1&view=calls&q=tool%3ABash+failed&seq=42', '/?view=timeline'])('%s stays as it is', (url) => {
  expect(placeUrl(readPlace(new URL(url, 'http://x').search))).toBe(url);
});

it('ignores what it does not understand', () => {
  expect(readPlace('?view=nope&seq=-3&session=&other=1')).toEqual(START);
  expect(readPlace('?seq=1e400').seq).toBeNull();
});
