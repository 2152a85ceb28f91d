/** The part of a payload that holds a text: names and values that contain it, with the way to them. */

const MAX_FOUND = 500;

/** Undefined: nothing matches. `found` says how many names and values did, up to a limit. */
export function findIn(value: unknown, text: string): { value: unknown; found: number } | undefined {
  const wanted = text.toLowerCase();
  let found = 0;
  const matches = (given: string): boolean => given.toLowerCase().includes(wanted);
  const visit = (given: unknown, name: string): unknown => {
    if (found >= MAX_FOUND) return undefined;
    if (name !== '' && matches(name)) {
      found += 1;
      return given;
    }
    if (typeof given !== 'object' || given === null) {
      if (!matches(String(given))) return undefined;
      found += 1;
      return given;
    }
    const kept: [string, unknown][] = [];
    for (const [key, child] of Object.entries(given)) {
      // A number of a list is no name that somebody looks for.
      const part = visit(child, Array.isArray(given) ? '' : key);
      if (part !== undefined) kept.push([key, part]);
    }
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  };
  const part = visit(value, '');
  return part === undefined ? undefined : { value: part, found };
}
