import { isLetter } from '../grammar/characters';
import { holdsSentence } from './sentence';

const SHORTEST = 160;

/**
 * Whether a text is written for people: long, with words between blanks; a short one that holds a sentence; a stack trace.
 * Code that such a text quotes is its subject, not an instruction.
 */
export function isRunningText(text: string): boolean {
  if (text.includes(FENCE) && FENCED.test(text)) return true;
  if (text.length < SHORTEST)
    return holdsSentence(text.includes('`') ? withoutQuotedCode(text) : text) || isStackTrace(text);
  if (isStackTrace(text)) return true;
  const sample = text.length > 4000 ? text.slice(0, 4000) : text;
  let words = 0;
  let run = 0;
  let marks = 0;
  for (let index = 0; index <= sample.length; index++) {
    const code = index < sample.length ? sample.charCodeAt(index) : 32;
    if (isLetter(code) || code >= 0xc0) {
      run++;
    } else {
      if (isCodeMark(code)) marks++;
      const end =
        code === 32 ||
        code === 10 ||
        code === 13 ||
        code === 44 ||
        code === 46 ||
        code === 63 ||
        code === 33 ||
        code === 58 ||
        code === 59 ||
        code === 60;
      if (run > 0 && run <= 20 && end) words++;
      run = 0;
    }
  }
  if (words < 20 || words * 12 < sample.length * 0.45) return false;
  return marks < sample.length * 0.05 || /<(?:p|br|li|ul|h[1-6]|td|div|span|a|strong|em)[\s/>]/.test(sample);
}

/** `( ) { } [ ] = ; $ @ # < > | & \`: programs are dense with them. */
function isCodeMark(code: number): boolean {
  return '(){}[]=;$@#<>|&\\'.includes(String.fromCharCode(code));
}

const FENCE = '```';
/** A fence opens a line (CommonMark, section 4.5). */
const FENCED = /(?:^|\n)[ >]{0,4}```/;

/** Frames as the runtimes of Java, Node, .NET, Python and Ruby print them. */
const FRAME =
  /(?:^|\n)\s{0,12}(?:at [^\n]{1,300}(?::\d{1,6}\)?|\(native method\)|\(unknown source\)|\(<anonymous>\)|:line \d{1,6})\s{0,2}(?:\n|$)|file "[^"\n]{1,300}", line \d{1,6}|from [\w./-]{1,200}:\d{1,6}:in )/i;

function isStackTrace(text: string): boolean {
  return text.includes('\n') && FRAME.test(text.slice(0, 4000));
}

/** The text with its fenced code and code spans blanked out (CommonMark, sections 4.5 and 6.1). */
export function withoutQuotedCode(text: string): string {
  if (!text.includes('`') && !text.includes('<code') && !text.includes('<pre')) return text;
  let out = text;
  if (out.includes(FENCE)) out = blank(out, FENCE, FENCE);
  if (out.includes('<pre')) out = blank(out, '<pre', '</pre>');
  if (out.includes('<code')) out = blank(out, '<code', '</code>');
  if (out.includes('`')) out = blank(out, '`', '`');
  return out;
}

function blank(text: string, open: string, close: string): string {
  const parts: string[] = [];
  let index = 0;
  for (;;) {
    const start = text.indexOf(open, index);
    if (start < 0) break;
    const end = text.indexOf(close, start + open.length);
    if (end < 0) break;
    parts.push(text.slice(index, start), ' ');
    index = end + close.length;
  }
  parts.push(text.slice(index));
  return parts.join('');
}
