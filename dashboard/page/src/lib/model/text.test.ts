import { describe, expect, it } from 'vitest';
import { cutAt, terminalText, visibleLine, visibleText } from './text';

describe('visibleText', () => {
  it('shows controls as pictures and keeps tab and line feed', () => {
    expect(visibleText('a\u0000b\u001b[31m\tc\nd\u007f')).toBe('a␀b␛[31m\tc\nd␡');
    expect(visibleText('\u0085')).toBe('⟨U+0085⟩');
  });
  it('shows what reorders or hides text', () => {
    expect(visibleText('txt.\u202Egnp')).toBe('txt.⟨U+202E⟩gnp');
    expect(visibleText('\u2066a\u2069\u200b\ufeff')).toBe('⟨U+2066⟩a⟨U+2069⟩⟨U+200B⟩⟨U+FEFF⟩');
    expect(visibleText('\u{e0041}')).toBe('⟨U+E0041⟩');
  });
  it('leaves ordinary text of any script alone', () => {
    for (const text of ['你好 👨‍👩‍👧', 'שלום', 'नमस्ते', 'é ü ß']) expect(visibleText(text)).toBe(text);
  });
  it('replaces halves of surrogate pairs and unusual line ends', () => {
    expect(visibleText('a\ud83d!')).toBe('a\ufffd!');
    expect(visibleText('a\r\nb\u2028c')).toBe('a\nb\nc');
  });
});

describe('visibleLine', () => {
  it('is one line and has a cap', () => {
    expect(visibleLine('one\n\ntwo\tthree', 100)).toBe('one ↵ two three');
    expect(visibleLine('abcdef', 4)).toBe('abc…');
  });
  it('does not cut a pair in two', () => {
    expect(cutAt('a🚀', 2)).toBe('a');
  });
});

describe('terminalText', () => {
  it('drops colours, titles and links', () => {
    expect(terminalText('\u001b[1;31mred\u001b[0m \u001b]0;title\u0007x \u001b]8;;http://a\u001b\\link\u001b]8;;\u001b\\')).toBe('red x link');
  });
  it('shows the last state of an overwritten line', () => {
    expect(terminalText('10%\r50%\r100%\ndone\r\n')).toBe('100%\ndone\n');
  });
  it('leaves an unfinished escape visible instead of eating what follows', () => {
    expect(terminalText('a\u001b')).toBe('a␛');
  });
});
