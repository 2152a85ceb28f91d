/** Later, when the browser has nothing to do that somebody waits for; the answer takes it back. */
export function whenIdle(work: () => void): () => void {
  // Safari has no such moment.
  if (!('requestIdleCallback' in globalThis)) {
    const timer = setTimeout(work, 100);
    return () => clearTimeout(timer);
  }
  const asked = requestIdleCallback(work, { timeout: 1_000 });
  return () => cancelIdleCallback(asked);
}
