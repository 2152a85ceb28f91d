// Turns that take as long as a model's do, so that the recording has a real session's rhythm.
import { say } from '../agent/script.ts';
import type { Block, Say, Turn } from '../agent/script.ts';

export const after = (think_ms: number, ...blocks: Block[]): Turn => ({ think_ms, blocks });

export function speech(text: string): Say {
  return say(text, { chunks: Math.ceil(text.length / 24), chunk_ms: 60 });
}
