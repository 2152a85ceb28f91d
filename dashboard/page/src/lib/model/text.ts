/**
 * Event text is hostile: it holds what a model, a web page or a file wanted to be shown. It only ever becomes text nodes;
 * here what would be invisible or would reorder its surroundings becomes visible, and lengths get a cap.
 */

// Bidi controls, zero-width and other invisible format characters, and tag characters (they can hide whole sentences).
// U+200C and U+200D stay: scripts and emoji need them, and alone they do no harm.
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const LONE_SURROGATE = /\p{Cs}/gu;

/** ␀ to ␟ and ␡ have pictures in Unicode; the C1 controls have none and get their number. */
function controlPicture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : codePoint(character);
}

function codePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** Text of several lines: tab and line feed stay, `\r\n` counts as a line feed. */
export function visibleText(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/[\u2028\u2029]/g, '\n')
    .replace(CONTROL, controlPicture)
    .replace(INVISIBLE, codePoint)
    .replace(LONE_SURROGATE, '\ufffd');
}

/** Text for one line, at most `cap` UTF-16 units. */
export function visibleLine(text: string, cap: number): string {
  const cut = text.length > cap ? `${cutAt(text, cap - 1)}…` : text;
  return visibleText(cut).replace(/\n+/g, ' ↵ ').replace(/\t/g, ' ');
}

/** Cuts without leaving half of a surrogate pair. */
export function cutAt(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

// CSI, OSC (ended by BEL or ST), other string sequences, and two-character escapes; also their 8-bit forms.
const ESCAPES =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u009b[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|\u001b[ -/]*[0-~]/g;

/** What a terminal would show at the end: colours gone, a line that was overwritten with `\r` shows its last state. */
export function terminalText(text: string): string {
  return visibleText(
    text
      .replace(ESCAPES, '')
      .replace(/\r+\n/g, '\n')
      .replace(/^[^\n]*\r(?=[^\n])/gm, ''),
  );
}
