// Which script a prompt asks for: `[[scenario:NAME key=value ...]]` somewhere in it.

export interface Tag {
  name: string;
  parameters: Record<string, string>;
}

const TAG = /\[\[scenario:([\w.-]+)((?:\s+\w+=[^\]\s]+)*)\s*\]\]/g;

/** The last tag in a text. */
export function tagIn(text: string): Tag | undefined {
  const tag = [...text.matchAll(TAG)].at(-1);
  return tag && { name: tag[1]!, parameters: pairs(tag[2]!) };
}

function pairs(text: string): Record<string, string> {
  const words = text.trim().split(/\s+/).filter(Boolean);
  return Object.fromEntries(words.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
}
