/** Marks that tell sessions apart in a mixed list. Dull on purpose: bright colours are for states. */
const MARKS = 8;

export function sessionMark(id: string): number {
  let hash = 2166136261;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 16777619);
  return (hash >>> 0) % MARKS;
}
