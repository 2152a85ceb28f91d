import type { Tokens } from '../stream/envelope';

/** All tokens that went in or came out; what was read from a cache counts as well, because it filled the context. */
export function tokenSum(tokens: Tokens | undefined): number {
  if (!tokens) return 0;
  return (tokens.input ?? 0) + (tokens.output ?? 0) + (tokens.cache_read ?? 0) + (tokens.cache_write ?? 0);
}
